namespace MLNet.Dispersion.Text;

/// <summary>A token that is looked for in the text before anything else, such as <c>&lt;|endoftext|&gt;</c>.</summary>
internal sealed record AddedToken(string Content)
{
    /// <summary>Whether it is a control token rather than a word.</summary>
    internal bool Special { get; init; } = true;

    /// <summary>Whether it swallows the white space before it.</summary>
    internal bool LeftStrip { get; init; }

    /// <summary>Whether it swallows the white space after it.</summary>
    internal bool RightStrip { get; init; }

    /// <summary>Whether it only counts between characters that belong to no word.</summary>
    internal bool SingleWord { get; init; }

    /// <summary>Whether it is looked for after normalization, itself normalized, not before.</summary>
    internal bool Normalized { get; init; }
}
