namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>How large the miniature is. The published experiment pre-trains models of MLP widths 64, 256, 1024 and 4096; these keep the factor of 4 between widths.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Widths">MLP widths of the models that are pre-trained; the first is the small model, the last its large sibling.</param>
/// <param name="Layers">Blocks of each.</param>
/// <param name="Features">Features (F) of each.</param>
/// <param name="Heads">Attention heads of each.</param>
/// <param name="Context">Tokens of a block.</param>
/// <param name="Vocabulary">Tokens of the vocabulary that is learned from the text.</param>
/// <param name="BlocksPerStep">Blocks of an optimizer step.</param>
/// <param name="PretrainingSteps">Optimizer steps of each pre-training.</param>
/// <param name="MidTrainingSteps">Optimizer steps of each mid-training.</param>
/// <param name="Documents">Documents that are used at most.</param>
/// <param name="Replications">How often the whole study is made, from random weights on, unless another number is asked for.</param>
internal sealed record MiniatureSize(
    string Name,
    IReadOnlyList<int> Widths,
    int Layers,
    int Features,
    int Heads,
    int Context,
    int Vocabulary,
    int BlocksPerStep,
    int PretrainingSteps,
    int MidTrainingSteps,
    int Documents,
    int Replications)
{
    /// <summary>All sizes.</summary>
    public static IReadOnlyList<MiniatureSize> All { get; } =
    [
        new("glance", [16, 64], 3, 32, 2, 48, 512, 8, 12, 6, 600, 2),
        new("minutes", [16, 64, 256, 1024], 8, 128, 4, 128, 2048, 8, 300, 120, 6000, 3),
        new("hour", [16, 64, 256, 1024], 12, 128, 4, 256, 4096, 4, 250, 100, 24000, 5),
    ];

    /// <summary>The shape of its models.</summary>
    public InitialShape Shape => new(Layers, Features, Heads, Context, Widths);

    /// <summary>The shapes whose random weights are measured: the published one, and its own.</summary>
    public IReadOnlyList<InitialShape> InitialShapes => [InitialShape.Published, Shape];

    /// <summary>The peak learning rate from random weights; inversely proportional to the features, 2e-3 at 128.</summary>
    public double PretrainingRate => 2e-3 * 128 / Features;

    /// <summary>That of mid-training, a quarter of it: the published 5e-5 belongs to a model hundreds of times larger.</summary>
    public double MidTrainingRate => PretrainingRate / 4;

    /// <summary>The size of a name.</summary>
    public static MiniatureSize Named(string name) => All.FirstOrDefault(size => size.Name == name)
        ?? throw new ArgumentException($"There is no size '{name}'; there are {string.Join(", ", All.Select(size => size.Name))}.");
}
