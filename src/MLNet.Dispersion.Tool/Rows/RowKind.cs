namespace MLNet.Dispersion.Tool;

/// <summary>What a column of a file holds.</summary>
internal enum RowKind
{
    /// <summary>Texts.</summary>
    Text,

    /// <summary>Numbers in all rows.</summary>
    Number,

    /// <summary>true or false in all rows.</summary>
    Boolean,

    /// <summary>Lists of texts.</summary>
    List,
}
