namespace MLNet.Dispersion.Text;

/// <summary>A stretch of text, rewritten or not, of which every UTF-16 unit knows where in the original text it comes from. Immutable.</summary>
internal sealed class AlignedText
{
    private readonly string _text;
    private readonly int _offset;
    private readonly int[]? _starts;
    private readonly int[]? _ends;
    private readonly int _shift;

    private AlignedText(string text, int offset, int length, int[]? starts, int[]? ends, int shift, int origin)
    {
        _text = text;
        _offset = offset;
        Length = length;
        _starts = starts;
        _ends = ends;
        _shift = shift;
        Origin = origin;
    }

    /// <summary>The original text itself.</summary>
    internal AlignedText(string text)
        : this(text, 0, text.Length, starts: null, ends: null, shift: 0, origin: 0)
    {
    }

    /// <summary>A rewritten text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="starts">Where in the original text each unit begins.</param>
    /// <param name="ends">Where in the original text each unit ends.</param>
    /// <param name="origin">Where in the original text the stretch begins that was rewritten.</param>
    internal AlignedText(string text, int[] starts, int[] ends, int origin)
        : this(text, 0, text.Length, starts, ends, shift: 0, origin)
    {
    }

    /// <summary>How many UTF-16 units it has.</summary>
    internal int Length { get; }

    /// <summary>Its units.</summary>
    internal ReadOnlySpan<char> Span => _text.AsSpan(_offset, Length);

    /// <summary>Where in the original text the stretch begins that this was made of, be its first characters left out or not.</summary>
    internal int Origin { get; }

    /// <summary>The string that it is part of, and where: for those who search in strings.</summary>
    internal (string Text, int Offset) Store => (_text, _offset);

    /// <summary>A part, which begins in the original text where its first character does.</summary>
    internal AlignedText Slice(int start, int length)
    {
        int origin = length > 0 ? StartOf(start) : Origin + start;
        return start == 0 && length == Length && origin == Origin ? this : new AlignedText(_text, _offset + start, length, _starts, _ends, _shift, origin);
    }

    /// <summary>The text without its ends, made of the same stretch.</summary>
    internal AlignedText Trim(int start, int length) => start == 0 && length == Length ? this : new AlignedText(_text, _offset + start, length, _starts, _ends, _shift, Origin);

    /// <summary>Other units in the same places, as many as there are.</summary>
    internal AlignedText WithUnits(string units) => new(units, 0, units.Length, _starts, _ends, _offset + _shift, Origin);

    /// <summary>Where in the original text the unit at a place begins.</summary>
    internal int StartOf(int at)
    {
        int i = _offset + at;
        return _starts is not null ? _starts[i + _shift] : i + _shift - (char.IsLowSurrogate(_text[i]) ? 1 : 0);
    }

    /// <summary>Where in the original text the unit at a place ends.</summary>
    internal int EndOf(int at)
    {
        int i = _offset + at;
        return _ends is not null ? _ends[i + _shift] : i + _shift + (char.IsHighSurrogate(_text[i]) ? 2 : 1);
    }

    /// <summary>Where in the original text a part lies.</summary>
    internal (int Start, int End) OriginalRange(int start, int end)
    {
        if (start >= end || end > Length)
        {
            int at = Origin;
            return (at + start, at + end);
        }

        return (StartOf(start), EndOf(end - 1));
    }

    /// <summary>Copies where in the original text each unit of a part begins and ends.</summary>
    internal void CopyPlaces(int start, int end, Span<int> starts, Span<int> ends)
    {
        int from = _offset + start + _shift;
        if (_starts is not null)
        {
            _starts.AsSpan(from, end - start).CopyTo(starts);
            _ends.AsSpan(from, end - start).CopyTo(ends);
            return;
        }

        ReadOnlySpan<char> text = Span;
        for (int i = start; i < end; i++)
        {
            int at = from + i - start;
            starts[i - start] = char.IsLowSurrogate(text[i]) ? at - 1 : at;
            ends[i - start] = char.IsHighSurrogate(text[i]) ? at + 2 : at + 1;
        }
    }

    /// <summary>The text with each code point's change: 0 stands for one of this text, n above 0 is inserted, n below 0 stands for one and takes -n more away.</summary>
    /// <param name="changes">The new code points.</param>
    /// <param name="removed">How many code points fall away at the beginning.</param>
    internal AlignedText Transform(IEnumerable<(int CodePoint, int Change)> changes, int removed = 0)
    {
        var result = new AlignedTextBuilder(this, Length + 8);
        ReadOnlySpan<char> text = Span;
        int at = 0;
        for (int i = 0; i < removed; i++)
        {
            at = Following(text, at);
        }

        foreach ((int codePoint, int change) in changes)
        {
            if (change > 0)
            {
                result.AppendLike(codePoint, at - 1);
                continue;
            }

            result.AppendLike(codePoint, Math.Min(at, Length - 1));
            for (int i = change; i <= 0; i++)
            {
                at = Following(text, at);
            }
        }

        return result.ToText();
    }

    /// <inheritdoc/>
    public override string ToString() => _offset == 0 && Length == _text.Length ? _text : _text.Substring(_offset, Length);

    private static int Following(ReadOnlySpan<char> text, int at) => at >= text.Length ? at : char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? at + 2 : at + 1;
}

/// <summary>Writes a text that comes from another.</summary>
internal sealed class AlignedTextBuilder(AlignedText source, int capacity)
{
    private char[] _text = new char[Math.Max(capacity, 8)];
    private int[] _starts = new int[Math.Max(capacity, 8)];
    private int[] _ends = new int[Math.Max(capacity, 8)];
    private int _length;

    /// <summary>Appends a code point that comes from where the source's unit at a place does; a place before the text is its beginning.</summary>
    internal void AppendLike(int codePoint, int at)
    {
        if (at < 0 || source.Length == 0)
        {
            Append(codePoint, source.Origin, source.Origin);
        }
        else
        {
            Append(codePoint, source.StartOf(at), source.EndOf(at));
        }
    }

    /// <summary>Appends a part of the source as it is.</summary>
    internal void Copy(int start, int end)
    {
        if (end <= start)
        {
            return;
        }

        Reserve(end - start);
        source.Span[start..end].CopyTo(_text.AsSpan(_length));
        source.CopyPlaces(start, end, _starts.AsSpan(_length), _ends.AsSpan(_length));
        _length += end - start;
    }

    /// <summary>Appends a code point that comes from a place of the original text.</summary>
    internal void Append(int codePoint, int start, int end)
    {
        if (codePoint < 0x10000)
        {
            AppendUnit((char)codePoint, start, end);
            return;
        }

        int rest = codePoint - 0x10000;
        AppendUnit((char)(0xD800 + (rest >> 10)), start, end);
        AppendUnit((char)(0xDC00 + (rest & 0x3FF)), start, end);
    }

    /// <summary>The text so far.</summary>
    internal AlignedText ToText() => new(new string(_text, 0, _length), _starts, _ends, source.Origin);

    private void AppendUnit(char unit, int start, int end)
    {
        Reserve(1);
        _text[_length] = unit;
        _starts[_length] = start;
        _ends[_length++] = end;
    }

    private void Reserve(int units)
    {
        if (_length + units > _text.Length)
        {
            int size = Math.Max(_length + units, _length * 2);
            Array.Resize(ref _text, size);
            Array.Resize(ref _starts, size);
            Array.Resize(ref _ends, size);
        }
    }
}
