namespace MLNet.Dispersion.Text;

/// <summary>What a chat template, which may come from strangers, may take at most. Each limit ends the rendering in a <see cref="ChatTemplateLimitException"/> that names it. Immutable and thread-safe.</summary>
public sealed record ChatTemplateLimits
{
    /// <summary>The most items of one <c>range</c>, as in the reference's sandbox.</summary>
    internal const int MaxRange = 100_000;

    /// <summary>Gets the most characters (UTF-16 units) of a template's source. Default: 4,194,304.</summary>
    public int MaxSourceLength { get; init; } = 4 << 20;

    /// <summary>Gets the most steps: every part of the template that is carried out counts 1, and work that grows with a text or a list counts in proportion. Default: 10,000,000, which take a few seconds.</summary>
    public long MaxSteps { get; init; } = 10_000_000;

    /// <summary>Gets the most characters (UTF-16 units) of the rendered text. Default: 16,777,216.</summary>
    public int MaxOutputLength { get; init; } = 16 << 20;

    /// <summary>Gets the most characters that all operations together may write, values between the steps and the output included. Default: 268,435,456.</summary>
    public long MaxTextWritten { get; init; } = 256L << 20;

    /// <summary>Gets the deepest nesting: of expressions and blocks in the template, of macros that call one another, and of lists and mappings in values. Default: 200.</summary>
    public int MaxDepth { get; init; } = 200;

    /// <summary>Gets the most bits of a whole number. Default: 14,000, about 4,200 digits.</summary>
    public int MaxIntegerBits { get; init; } = 14_000;

    /// <summary>Gets the limits that hold where none are given.</summary>
    public static ChatTemplateLimits Default { get; } = new();

    /// <summary>Checks that every limit is at least 1.</summary>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSourceLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSteps, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxOutputLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxTextWritten, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDepth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxIntegerBits, 1);
    }
}
