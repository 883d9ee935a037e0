/** Addresses inside the guest: containerd's side and the registry's side of one veth pair, and the registry's files. */
export const clientIp = '10.9.0.2';
export const registryIp = '10.9.0.1';
export const registryPort = 5000;
export const registryAddress = `${registryIp}:${registryPort}`;
export const registryRoot = '/srv/registry';
