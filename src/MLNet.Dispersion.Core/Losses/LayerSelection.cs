namespace MLNet.Dispersion;

/// <summary>Which block outputs the dispersion loss looks at. The embedding output (hidden state 0) never takes part.</summary>
public enum LayerSelection
{
    /// <summary>Hidden states 1..N (the paper's choice, default).</summary>
    All,

    /// <summary>Hidden state N alone.</summary>
    Last,

    /// <summary>The first floor(N/2) blocks; the one block when N is 1.</summary>
    EarlyHalf,

    /// <summary>The blocks after the first floor(N/2).</summary>
    LateHalf,
}
