#!/bin/bash
# Two ranks in two network namespaces of this machine, whose link is cut in the middle of training: cut-link.sh DistributedTraining.dll MODEL-FOLDER
# Both must end with an error that names the other rank and the checkpoint to go on from, and no process may stay behind.
# Needs root, iproute2 and OpenMPI (mpirun.openmpi).
set -uo pipefail
program=$(realpath "$1"); model=$(realpath "$2")
name=cut$$; folder=$(mktemp -d); agent=$folder/agent; out=$folder/out; checkpoints=$folder/checkpoints
mkdir "$out"
clean() {
  for i in 1 2; do
    ip netns pids "$name-$i" 2>/dev/null | xargs -r kill -9 2>/dev/null
    ip netns delete "$name-$i" 2>/dev/null
  done
  rm -rf "$folder"
}
trap clean EXIT
for i in 1 2; do ip netns add "$name-$i"; done
ip link add eth0 netns "$name-1" type veth peer name eth0 netns "$name-2"
for i in 1 2; do
  ip -n "$name-$i" address add "10.78.0.$i/24" dev eth0
  ip -n "$name-$i" link set eth0 up
  ip -n "$name-$i" link set lo up

  # The launcher's own processes give a connection up after some 13 s; by default it takes a quarter of an hour.
  ip netns exec "$name-$i" sysctl -qw net.ipv4.tcp_retries2=5
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
ip netns exec "$name-1" unshare -u bash -c 'hostname "$0"; exec "$@"' "$name-1" \
  mpirun.openmpi --allow-run-as-root --mca plm rsh --mca plm_rsh_agent "$agent" -H 10.78.0.1:1,10.78.0.2:1 -n 2 --bind-to none \
  --mca btl tcp,self --mca btl_tcp_if_include 10.78.0.0/24 --mca oob_tcp_if_include 10.78.0.0/24 \
  --mca oob_tcp_keepalive_time 20 --mca oob_tcp_keepalive_intvl 3 --mca oob_tcp_keepalive_probes 3 -x OMP_NUM_THREADS -x TERM -x PATH \
  dotnet "$program" "model=$model" "out=$out" "checkpoints=$checkpoints" steps=100000 limit=10 > "$folder/log" 2>&1 &
job=$!
for _ in $(seq 120); do
  sleep 1
  ls -d "$checkpoints"/checkpoint-* > /dev/null 2>&1 && break
  kill -0 "$job" 2> /dev/null || break
done
sleep 3
kill -0 "$job" 2> /dev/null || { echo "the job ended before its link was cut:"; cat "$folder/log"; exit 1; }
ip -n "$name-2" link set eth0 down
cut=$SECONDS
for _ in $(seq 90); do
  [ -z "$(ip netns pids "$name-1")$(ip netns pids "$name-2")" ] && break
  sleep 1
done
left=$(for i in 1 2; do ip netns pids "$name-$i"; done | wc -l)
echo "after $((SECONDS - cut)) s $left processes are left"
grep -h ^error "$out"/rank-*.txt
for rank in 0 1; do
  grep -q "^error DistributedTrainingException: Nothing has been heard of rank $((1 - rank)) .* goes on from '.*checkpoint-" "$out/rank-$rank.txt" || { echo "rank $rank does not say what happened"; left=1; }
done
exit $((left > 0))
