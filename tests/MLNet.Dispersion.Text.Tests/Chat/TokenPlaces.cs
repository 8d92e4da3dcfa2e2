using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MLNet.Dispersion.Tests.Chat;

/// <summary>Finds where tokens stand in the text that they were cut from, by what a tokenizer.json says that they spell: byte-level pieces, or pieces with U+2581 for blanks and bytes for what they lack.</summary>
internal sealed class TokenPlaces
{
    private readonly Dictionary<int, string> _pieces = [];
    private readonly HashSet<int> _added = [];
    private readonly bool _isByteLevel;

    public TokenPlaces(JsonElement tokenizer)
    {
        JsonElement vocabulary = tokenizer.GetProperty("model").GetProperty("vocab");
        _isByteLevel = vocabulary.ValueKind == JsonValueKind.Object;
        if (_isByteLevel)
        {
            foreach (JsonProperty piece in vocabulary.EnumerateObject())
            {
                _pieces[piece.Value.GetInt32()] = piece.Name;
            }
        }
        else
        {
            foreach ((int id, JsonElement piece) in vocabulary.EnumerateArray().Index())
            {
                _pieces[id] = piece[0].GetString()!;
            }
        }

        foreach (JsonElement token in tokenizer.GetProperty("added_tokens").EnumerateArray())
        {
            int id = token.GetProperty("id").GetInt32();
            _pieces[id] = token.GetProperty("content").GetString()!;
            _added.Add(id);
        }
    }

    /// <summary>The places of the tokens in the text, which they spell from its beginning to its end.</summary>
    public TextRange[] Of(string text, IReadOnlyList<int> ids)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var places = new TextRange[ids.Count];
        int at = 0;
        bool begins = true;
        for (int i = 0; i < places.Length; i++)
        {
            bool isAdded = _added.Contains(ids[i]);
            byte[] spelled = isAdded ? Encoding.UTF8.GetBytes(_pieces[ids[i]]) : Spelled(_pieces[ids[i]]);
            // A blank is put before each stretch between added tokens, and shares the place of the character behind it.
            bool isBlankAlone = begins && !isAdded && !_isByteLevel && spelled is [(byte)' '];
            spelled = begins && !isAdded && !_isByteLevel && spelled is [(byte)' ', ..] ? spelled[1..] : spelled;
            Assert.True(bytes.AsSpan(at).StartsWith(spelled), $"Token {i}, '{_pieces[ids[i]]}', does not stand at byte {at} of the text.");
            int start = Unit(bytes, at, up: false);
            at += spelled.Length;
            places[i] = new TextRange(start, Unit(bytes, isBlankAlone ? at + 1 : at, up: true));
            begins = isAdded;
        }

        Assert.Equal(bytes.Length, at);
        ShareRuns(places, ids);
        return places;
    }

    /// <summary>Bytes in a row are one unknown stretch to the tokenizer, and each has the place of the whole.</summary>
    private void ShareRuns(TextRange[] places, IReadOnlyList<int> ids)
    {
        bool IsByte(int i) => i < ids.Count && !_isByteLevel && _pieces[ids[i]].StartsWith("<0x", StringComparison.Ordinal);
        for (int begin = 0; begin < places.Length; begin++)
        {
            int end = begin;
            while (IsByte(end))
            {
                end++;
            }

            if (end > begin)
            {
                Array.Fill(places, new TextRange(places[begin].Start, places[end - 1].End), begin, end - begin);
                begin = end - 1;
            }
        }
    }

    private byte[] Spelled(string piece)
    {
        if (_isByteLevel)
        {
            return [.. piece.Select(Byte)];
        }

        return piece.StartsWith("<0x", StringComparison.Ordinal)
            ? [byte.Parse(piece.AsSpan(3, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)]
            : Encoding.UTF8.GetBytes(piece.Replace('\u2581', ' '));
    }

    /// <summary>The byte that a printable stand-in means: itself, or the n-th of those without a sign.</summary>
    private static byte Byte(char sign) => sign < 0x100 ? (byte)sign : (byte)Enumerable.Range(0, 256).Where(value => value is < '!' or > '~' and < 0xa1 or 0xad).ElementAt(sign - 0x100);

    /// <summary>The UTF-16 unit of a place in bytes: within a character its beginning, or its end.</summary>
    private static int Unit(byte[] bytes, int at, bool up)
    {
        int whole = Math.Min(at, bytes.Length);
        while (whole < bytes.Length && whole > 0 && (bytes[whole] & 0xc0) == 0x80)
        {
            whole += up ? 1 : -1;
        }

        return Encoding.UTF8.GetCharCount(bytes, 0, whole);
    }
}
