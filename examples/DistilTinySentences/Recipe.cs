namespace MLNet.Dispersion.Examples.DistilTinySentences;

/// <summary>What TinySentences is, and how it is taught.</summary>
/// <param name="Sentences">Texts that the teacher reads.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Seed">Of weights, texts and order.</param>
internal sealed record Recipe(int Sentences, int Steps, int Seed)
{
    public const int FewestSentences = 1000;
    public const int Layers = 3;
    public const int Features = 256;
    public const int Heads = 4;
    public const int MlpWidth = 1024;
    public const int ContextLength = 512;
    public const int TokensPerStep = 4096;
    public const double LearningRate = 7e-4;
    public const double EmbeddingRate = 1.5e-3;

    /// <summary>How much the direction of the whole text counts beside the squared errors of its tokens.</summary>
    public const double TextWeight = 2;

    /// <summary>Steps in which the rate rises.</summary>
    public int WarmupSteps => Math.Min(100, Steps / 10);

    /// <summary>Texts that are not learnt from.</summary>
    public int HeldOut => Math.Min(2000, Sentences / 10);
}
