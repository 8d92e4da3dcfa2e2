#!/usr/bin/env bash
# Makes the two embedded typefaces from DejaVu Sans 2.37: Latin-1, Latin Extended-A, Greek, dashes, quotes, arrows and the
# mathematical signs that plots use, under a name of their own (LICENSE-DejaVu.txt). Debian packages: fonttools, fonts-dejavu-core.
set -euo pipefail
cd "$(dirname "$0")"
source=${1:-/usr/share/fonts/truetype/dejavu}
characters='U+0020-007E,U+00A0-017F,U+0384-03CE,U+2010-2015,U+2018-201E,U+2020-2022,U+2026,U+2032,U+2033,U+2070-208E,U+2190-2195,U+2206,U+2211,U+2212,U+221A,U+221E,U+2245,U+2248,U+2260,U+2264,U+2265,U+22C5,U+FFFD'

for style in '' -Bold; do
  subset=$(mktemp)
  pyftsubset "$source/DejaVuSans$style.ttf" --unicodes="$characters" --layout-features=kern,mark,ccmp --no-hinting --drop-tables+=MATH,FFTM \
    --name-IDs='*' --name-languages='0x409' --output-file="$subset"
  python3 - "$subset" "DispersionSans$style.ttf" <<'PYTHON'
import sys
from fontTools.ttLib import TTFont
font = TTFont(sys.argv[1], recalcTimestamp=False)
for record in list(font["name"].names):
    if record.nameID in (1, 3, 4, 6, 16, 18):
        text = record.toUnicode().replace("DejaVu Sans", "Dispersion Sans").replace("DejaVuSans", "DispersionSans")
        font["name"].setName(text, record.nameID, record.platformID, record.platEncID, record.langID)
font.save(sys.argv[2])
PYTHON
  rm "$subset"
done
