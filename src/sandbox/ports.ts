/** Lists the ports that hosts are granted on; true when one of them is granted on all. */
export function listPorts(net: true | readonly string[]): true | number[] {
  if (net === true) return true
  const ports = net.map((host) => Number(/:(\d+)$/.exec(host)?.[1] ?? NaN))
  return ports.some(Number.isNaN) ? true : [...new Set(ports)]
}
