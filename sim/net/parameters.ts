/**
 * The numbers of the TCP model, each with its unit and where it is from. "tcp.h", "tcp_input.c" and so on are files of
 * Debian's linux-source-6.12 (6.12.117-1~deb12u1), read for facts; linux-source-6.1 (6.1.192-2) has the same unless said.
 */
export interface TcpParameters {
  /** Payload of a full segment, bytes. Ethernet's MTU of 1500 - 20 (IP) - 20 (TCP) - 12 (time stamps, on by default). */
  readonly mssBytes: number;
  /** Headers of each packet on the wire, bytes. 14 (Ethernet) + 20 + 20 + 12; what `tc -s qdisc` counts. */
  readonly headerBytes: number;
  /** SYN and SYN-ACK on the wire, bytes. 14 + 20 + 20 + 20 of options (MSS, SACK, time stamps, window scale). */
  readonly synBytes: number;
  /** First congestion window, segments. TCP_INIT_CWND in tcp.h; RFC 6928. */
  readonly initialWindowSegments: number;
  /** Most segments handed to the device at once. GSO_MAX_SIZE (65536) less MAX_TCP_HEADER, in whole segments. */
  readonly burstSegmentsMax: number;
  /** Fewest, if there are as many. net.ipv4.tcp_min_tso_segs. */
  readonly burstSegmentsMin: number;
  /** Round-trip times below it make bursts as large as possible, ns. net.ipv4.tcp_tso_rtt_log: 2^9 µs. */
  readonly burstRttNs: number;
  /** A burst is what the pacing rate sends in this time, ns. sk_pacing_shift 10: 2^-10 s; sock.c. */
  readonly burstNs: number;
  /** Pacing rate over window / RTT in the first half of slow start. net.ipv4.tcp_pacing_ss_ratio. */
  readonly pacingSlowStartRatio: number;
  /** The same later. net.ipv4.tcp_pacing_ca_ratio. */
  readonly pacingRatio: number;
  /** First receive window, bytes. Half of tcp_rmem[1] (131072), in whole segments; tcp_select_initial_window. */
  readonly receiveWindowBytes: number;
  /**
   * Largest receive window that autotuning gives, bytes. Half of tcp_rmem[2] (6291456): in 6.1 by tcp_adv_win_scale 1;
   * in 6.12 half to begin with, then what the first full segments show of their overhead, which this leaves out.
   */
  readonly receiveWindowBytesMax: number;
  /** Send buffer per segment of the window, bytes. tcp_sndbuf_expand: twice the memory of a segment, 4352. */
  readonly sendBufferPerSegmentBytes: number;
  /** Largest send buffer, bytes. tcp_wmem[2]. */
  readonly sendBufferBytesMax: number;
  /** How long the ACK of a single segment may wait for company, ns. TCP_DELACK_MIN in tcp.h. */
  readonly delayedAckNs: number;
  /** The part of the retransmission timeout beyond the smoothed RTT, ns. TCP_RTO_MIN in tcp.h. */
  readonly rtoMinNs: number;
  /** First retransmission timeout of a SYN, ns. TCP_TIMEOUT_INIT in tcp.h. */
  readonly synTimeoutNs: number;
}

/** What the guests run: Debian's kernels with their defaults on 4 GiB of memory. */
export const linuxTcp: TcpParameters = {
  mssBytes: 1448,
  headerBytes: 66,
  synBytes: 74,
  initialWindowSegments: 10,
  burstSegmentsMax: 45,
  burstSegmentsMin: 2,
  burstRttNs: 512_000,
  burstNs: 1e9 / 1024,
  pacingSlowStartRatio: 2,
  pacingRatio: 1.2,
  receiveWindowBytes: 45 * 1448,
  receiveWindowBytesMax: 3_145_728,
  sendBufferPerSegmentBytes: 2 * 4352,
  sendBufferBytesMax: 4_194_304,
  delayedAckNs: 40e6,
  rtoMinNs: 200e6,
  synTimeoutNs: 1e9,
};
