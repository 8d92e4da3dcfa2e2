namespace MLNet.Dispersion.Text;

/// <summary>Where a sentence-piece tokenizer puts a space before the text.</summary>
internal enum BlankPrefix
{
    /// <summary>Nowhere.</summary>
    None,

    /// <summary>Before the text, but not before what follows a special token in it.</summary>
    First,

    /// <summary>Before every stretch between special tokens.</summary>
    Every,
}
