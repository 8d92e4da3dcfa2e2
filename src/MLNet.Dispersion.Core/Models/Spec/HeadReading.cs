namespace MLNet.Dispersion.Models;

/// <summary>What a head reads of the final hidden states.</summary>
public enum HeadReading
{
    /// <summary>Every token by itself.</summary>
    EachToken,

    /// <summary>The last real token that is not the padding token, wherever padding stands: decoders.</summary>
    LastToken,

    /// <summary>The first token.</summary>
    FirstToken,

    /// <summary>The network's own pooler over the first token, which must be in the files. BERT, ALBERT.</summary>
    Pooler,

    /// <summary>The mean of the real tokens.</summary>
    Mean,
}
