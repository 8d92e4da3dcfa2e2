namespace MLNet.Dispersion.Text;

/// <summary>Places in texts counted in characters (code points), which .NET counts in UTF-16 units. What was found out about a long text is kept, so that going through it place by place is not quadratic.</summary>
internal sealed class CodePointIndex(JinjaMeter meter)
{
    private const int WorthKeeping = 64;
    private readonly (string? Text, int[]? Starts)[] _kept = new (string?, int[]?)[8];
    private int _next;

    /// <summary>How many characters a text has.</summary>
    internal int Length(string text) => Starts(text)?.Length ?? text.Length;

    /// <summary>Where the character at an index from 0 to the length begins, in UTF-16 units.</summary>
    internal int Unit(string text, int index)
    {
        int[]? starts = Starts(text);
        return starts is null ? index : index < starts.Length ? starts[index] : text.Length;
    }

    /// <summary>The index of the character that begins at a UTF-16 unit.</summary>
    internal int Character(string text, int unit)
    {
        int[]? starts = Starts(text);
        if (starts is null || unit == text.Length)
        {
            return starts?.Length ?? unit;
        }

        int found = Array.BinarySearch(starts, unit);
        return found >= 0 ? found : ~found - 1;
    }

    /// <summary>The character at an index.</summary>
    internal string At(string text, int index)
    {
        int unit = Unit(text, index);
        return text.Substring(unit, Unit(text, index + 1) - unit);
    }

    /// <summary>Where characters begin; null where each is one unit.</summary>
    private int[]? Starts(string text)
    {
        if (text.Length < WorthKeeping)
        {
            return Find(text);
        }

        foreach ((string? kept, int[]? known) in _kept)
        {
            if (ReferenceEquals(kept, text))
            {
                return known;
            }
        }

        meter.Read(text.Length);
        int[]? starts = Find(text);
        if (starts is not null)
        {
            meter.Write(starts.Length * 2L);
        }

        _kept[_next] = (text, starts);
        _next = (_next + 1) % _kept.Length;
        return starts;
    }

    private static int[]? Find(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\ud800', '\udfff'))
        {
            return null;
        }

        var starts = new List<int>(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            starts.Add(i);
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
            {
                i++;
            }
        }

        return [.. starts];
    }
}
