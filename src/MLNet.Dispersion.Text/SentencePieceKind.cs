namespace MLNet.Dispersion.Text;

/// <summary>What a sentence-piece is; the numbers are those of the file format.</summary>
internal enum SentencePieceKind
{
    /// <summary>An ordinary piece.</summary>
    Normal = 1,

    /// <summary>Stands for what no piece covers.</summary>
    Unknown = 2,

    /// <summary>A token that no ordinary text makes, such as the beginning of a sequence.</summary>
    Control = 3,

    /// <summary>A piece that is always kept whole.</summary>
    UserDefined = 4,

    /// <summary>A piece that is merged further but never given out.</summary>
    Unused = 5,

    /// <summary>One byte, written <c>&lt;0x0A&gt;</c>.</summary>
    Byte = 6,
}
