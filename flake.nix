{
  description = "TrIO testbed: cold-start containers for real in a deterministic VM";

  # No flake.lock yet: the first `nix develop` writes one, to be committed.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      forEachSystem = shell: nixpkgs.lib.genAttrs systems (system: shell nixpkgs.legacyPackages.${system});
    in
    {
      devShells = forEachSystem (pkgs: {
        default = pkgs.mkShell {
          packages =
            (with pkgs; [
              nodejs_24

              # What vm/ starts on the host. QEMU and the image tools that count for results come from a pinned
              # Debian tree in the cache; these are for working by hand.
              dpkg
              e2fsprogs
              gnutar
              qemu
              shadow # newuidmap, newgidmap
              util-linux # flock, unshare
              xz
              zstd

              # What kernel/ and the guest's own programs are built with.
              gcc
              gnumake
              go

              git
            ])
            # Not in nixpkgs at the time of writing; taken from there as soon as it is.
            ++ pkgs.lib.optional (pkgs ? mmdebstrap) pkgs.mmdebstrap;

          shellHook = ''
            if [ -z "''${TRIO_MMDEBSTRAP:-}" ] && ! command -v mmdebstrap >/dev/null; then
              echo "No mmdebstrap here. On Debian and Ubuntu the testbed fetches it itself; elsewhere install it" >&2
              echo "and set TRIO_MMDEBSTRAP to its path before you build a guest." >&2
            fi
          '';
        };
      });
    };
}
