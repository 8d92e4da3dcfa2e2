#!/usr/bin/env bash
# Fuzzes: a target for some seconds, going on where it was left; or all targets in turn, over and over; or shrinks what was found into the corpus; or says how often what was run.
# FUZZ_STATE is the folder in which all this is kept (artifacts/fuzzing); FUZZ_LIMIT the milliseconds that an input may take (10000; more where the machine has other work, since the first ones are compiled meanwhile).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
work=${FUZZ_STATE:-$root/artifacts/fuzzing}
program=$work/program
export AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 DOTNET_TieredPGO=0
usage="usage: fuzz.sh TARGET SECONDS | fuzz.sh TARGET minimise | fuzz.sh all SECONDS [ROUNDS] | fuzz.sh counts"

# Publishes the program and instruments the readers. To fuzz a newer build, delete $program.
build() {
  [ -e "$program/.instrumented" ] && return
  dotnet publish "$here/Fuzzing.csproj" -c Release -o "$program" --nologo -v quiet -p:RunAnalyzers=false
  (
    cd "$root" && dotnet tool restore
    # All edges of Core and of the ML.NET face exceed AFL's map: the readers alone.
    for assembly in Files Text Studies; do dotnet sharpfuzz "$program/MLNet.Dispersion.$assembly.dll"; done
    dotnet sharpfuzz "$program/MLNet.Dispersion.Core.dll" MLNet.Dispersion.Safetensors MLNet.Dispersion.Gguf MLNet.Dispersion.Models MLNet.Dispersion.Peft MLNet.Dispersion.Benchmark MLNet.Dispersion.Condensation MLNet.Dispersion.Report
    dotnet sharpfuzz "$program/MLNet.Dispersion.dll" $(cd "$root/src/MLNet.Dispersion" && ls ./*/*Manifest.cs ./*/*Columns.cs | sed 's|.*/|MLNet.Dispersion.|; s|\.cs$||') MLNet.Dispersion.ModelFormat MLNet.Dispersion.StoredFile MLNet.Dispersion.ClassValue
  )
  touch "$program/.instrumented"
}

value() { awk -F' *: *' -v name="$2" '$1 == name { print $2 }' "$1" 2>/dev/null; }

fuzz() {
  local target=$1 seconds=$2 out=$work/$1 from=$here/corpus/$1 before=0
  local stats=$out/findings/default/fuzzer_stats
  mkdir -p "$out"
  if [ -e "$stats" ]; then
    # Goes on with its own queue, and counts on.
    from=- before=$(value "$stats" execs_done)
  else
    rm -rf "$out/findings"
  fi
  afl-fuzz -i "$from" -o "$out/findings" -t "${FUZZ_LIMIT:-10000}" -m none -V "$seconds" -- "$program/Fuzzing" "$target" > "$out/log" 2>&1 || { tail -n 5 "$out/log" >&2; return 1; }
  local done_now; done_now=$(value "$stats" execs_done)
  [ "$done_now" -ge "$before" ] && done_now=$((done_now - before))
  printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$(date -u +%FT%TZ)" "$target" "$seconds" "$done_now" "$(value "$stats" corpus_count)" "$(($(value "$stats" saved_crashes) + $(value "$stats" saved_hangs)))" >> "$work/counts.tsv"
  tail -n 1 "$work/counts.tsv"
}

counts() {
  echo "| target | executions | seconds | executions a second | corpus | findings |"
  echo "|---|---|---|---|---|---|"
  awk -F'\t' '{ runs[$2] += $4; time[$2] += $3; corpus[$2] = $5; found[$2] += $6; all += $4; seconds += $3 }
    END { for (t in runs) printf "| %s | %d | %d | %d | %d | %d |\n", t, runs[t], time[t], runs[t] / time[t], corpus[t], found[t] | "sort"; close("sort"); printf "| all | %d | %d | | | |\n", all, seconds }' "$work/counts.tsv"
}

target=${1:?$usage}
case "$target ${2:-}" in
  "counts ")
    counts
    ;;
  "all "?*)
    build
    for ((round = 0; round < ${3:-1000000}; round++)); do
      for each in $(ls "$here/corpus"); do fuzz "$each" "$2" || true; done
    done
    ;;
  *" minimise")
    out=$work/$target
    rm -rf "$out/kept"
    afl-cmin -m none -i "$out/findings/default/queue" -o "$out/kept" -- "$program/Fuzzing" "$target"
    find "$out/kept" -type f -size -4k | head -40 | while read -r file; do cp "$file" "$here/corpus/$target/$(sha256sum "$file" | cut -c1-16)"; done
    ;;
  *" "[0-9]*)
    build
    fuzz "$target" "$2"
    ;;
  *)
    echo "$usage" >&2
    exit 2
    ;;
esac
