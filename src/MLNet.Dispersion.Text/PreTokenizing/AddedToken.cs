namespace MLNet.Dispersion.Text;

/// <summary>A token that is looked for in the text before anything else, such as <c>&lt;|endoftext|&gt;</c>.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="Special">Whether it is a control token rather than a word.</param>
/// <param name="LeftStrip">Whether it swallows the blanks before it.</param>
/// <param name="RightStrip">Whether it swallows the blanks after it.</param>
/// <param name="SingleWord">Whether it only counts between characters that belong to no word.</param>
/// <param name="Normalized">Whether it is looked for after normalization, not before.</param>
internal sealed record AddedToken(
    int Id,
    string Content,
    bool Special = true,
    bool LeftStrip = false,
    bool RightStrip = false,
    bool SingleWord = false,
    bool Normalized = false);
