namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>A shape whose models of random weights, which differ in MLP width alone, are measured before anything is trained.</summary>
/// <param name="Layers">Blocks of each.</param>
/// <param name="Features">Features (F) of each.</param>
/// <param name="Heads">Attention heads of each.</param>
/// <param name="Tokens">Tokens of each measured text.</param>
/// <param name="Widths">MLP widths, rising.</param>
internal sealed record InitialShape(int Layers, int Features, int Heads, int Tokens, IReadOnlyList<int> Widths)
{
    private const double PublishedRange = 0.02;
    private const int PublishedFeatures = 768;

    /// <summary>That of the published experiment.</summary>
    public static InitialShape Published { get; } = new(12, PublishedFeatures, 12, 512, [64, 256, 1024, 4096]);

    /// <summary>What tables call it.</summary>
    public string Name => FormattableString.Invariant($"{Layers} x {Features}");

    /// <summary>The standard deviation of the initial weights.</summary>
    public double InitializerRange => RangeFor(Features);

    /// <summary>
    /// The standard deviation that makes each projection of a normalised state as large as in the published shape: GPT-2's 0.02 for 768 features, and in proportion to the root of the features.
    /// With 0.02 at 128 features each branch adds a sixth of what it adds there, and states stay at the embeddings.
    /// </summary>
    public static double RangeFor(int features) => PublishedRange * Math.Sqrt((double)PublishedFeatures / features);

    /// <summary>A model of random weights.</summary>
    public PretrainedLanguageModel CreateModel(int width, TextTokenizer tokenizer, int seed) =>
        new Gpt2Shape(Layers, Features, Heads, Tokens, width) { InitializerRange = InitializerRange }.CreateModel(FormattableString.Invariant($"{Name}, width {width}"), tokenizer, seed);
}
