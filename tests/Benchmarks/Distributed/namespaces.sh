#!/bin/bash
# Measures across network namespaces of this machine whose links are limited: namespaces.sh PROGRAM.dll FILE [ranks...]
# Needs root, iproute2 with tc, and OpenMPI (mpirun.openmpi). Appends the timings, one line of JSON each, to FILE.
set -euo pipefail
program=$(realpath "$1"); file=$(realpath -m "$2"); shift 2
counts=(${@:-2 4})
name=dsp$$
most=$(printf '%s\n' "${counts[@]}" | sort -n | tail -1)
agent=$(mktemp)
clean() {
  for i in $(seq 1 "$most"); do
    ip netns pids "$name-$i" 2>/dev/null | xargs -r kill -9 2>/dev/null || true
    ip netns delete "$name-$i" 2>/dev/null || true
  done
  ip link delete "$name" 2>/dev/null || true
  rm -f "$agent"
}
trap clean EXIT
ip link add "$name" type bridge
ip link set "$name" up
for i in $(seq 1 "$most"); do
  ip netns add "$name-$i"
  ip link add "$name-$i" type veth peer name eth0 netns "$name-$i"
  ip link set "$name-$i" master "$name" up
  ip -n "$name-$i" address add "10.77.0.$i/24" dev eth0
  ip -n "$name-$i" link set eth0 up
  ip -n "$name-$i" link set lo up
done
# Stands in for ssh: drops the options, goes into the namespace whose address is named, under a host name of its own.
cat > "$agent" <<AGENT
#!/bin/bash
while [[ "\$1" == -* ]]; do shift; done
i=\${1##*.}; shift
exec ip netns exec $name-\$i unshare -u bash -c "hostname $name-\$i; exec bash -c \"\\\$0\"" "\$*"
AGENT
chmod +x "$agent"
export OMP_NUM_THREADS=1 TERM=dumb
for rate in ${RATES:-1000 300 100}; do
  for i in $(seq 1 "$most"); do
    tc qdisc replace dev "$name-$i" root tbf rate "${rate}mbit" burst 256kb latency 50ms
    ip netns exec "$name-$i" tc qdisc replace dev eth0 root tbf rate "${rate}mbit" burst 256kb latency 50ms
  done
  for count in "${counts[@]}"; do
    hosts=$(for i in $(seq 1 "$count"); do printf '10.77.0.%d:1,' "$i"; done)
    ip netns exec "$name-1" unshare -u bash -c 'hostname "$0"; exec "$@"' "$name-1" \
      mpirun.openmpi --allow-run-as-root --mca plm rsh --mca plm_rsh_agent "$agent" -H "${hosts%,}" -n "$count" --bind-to none \
      --mca btl tcp,self --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 -x OMP_NUM_THREADS -x TERM -x PATH \
      dotnet "$program" measure --mbit "$rate" ${MEASURE:-} | grep '^{' | tee -a "$file"
  done
done
