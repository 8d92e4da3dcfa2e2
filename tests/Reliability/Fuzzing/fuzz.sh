#!/usr/bin/env bash
# Fuzzes one target for some seconds, or minimises what was found into the corpus.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
target=${1:?a target}
work=$root/artifacts/fuzzing
program=$work/program
export AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 DOTNET_TieredPGO=0

if [ ! -e "$program/.instrumented" ]; then
  dotnet publish "$here/Fuzzing.csproj" -c Release -o "$program" --nologo -v quiet
  cd "$root" && dotnet tool restore
  # All edges of Core exceed AFL's map: the readers alone.
  dotnet sharpfuzz "$program/MLNet.Dispersion.Files.dll"
  dotnet sharpfuzz "$program/MLNet.Dispersion.Text.dll"
  dotnet sharpfuzz "$program/MLNet.Dispersion.Core.dll" MLNet.Dispersion.Safetensors MLNet.Dispersion.Gguf MLNet.Dispersion.Models MLNet.Dispersion.Peft MLNet.Dispersion.Benchmark MLNet.Dispersion.Condensation MLNet.Dispersion.Report
  touch "$program/.instrumented"
fi

out=$work/$target
mkdir -p "$out"
case ${2:-60} in
  minimise)
    rm -rf "$out/kept" "$out/small"
    afl-cmin -m none -i "$out/findings/default/queue" -o "$out/kept" -- "$program/Fuzzing" "$target"
    find "$out/kept" -type f -size -4k | head -40 | while read -r file; do cp "$file" "$here/corpus/$target/$(sha256sum "$file" | cut -c1-16)"; done
    ;;
  *)
    rm -rf "$out/findings"
    afl-fuzz -i "$here/corpus/$target" -o "$out/findings" -t 10000 -m none -V "${2:-60}" -- "$program/Fuzzing" "$target" > "$out/log" 2>&1
    awk -F' *: *' -v t="$target" '{ v[$1] = $2 } END { printf "| %s | %s | %s | %s | %s | %s |\n", t, v["execs_done"], v["run_time"], v["execs_per_sec"], v["corpus_count"], v["saved_crashes"] + v["saved_hangs"] }' "$out/findings/default/fuzzer_stats"
    ;;
esac
