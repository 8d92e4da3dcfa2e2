namespace MLNet.Dispersion.Examples.DistilTinySentences;

/// <summary>What TinySentences is, and how it is taught.</summary>
/// <param name="Sentences">Texts that the teacher reads.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Seed">Of weights, texts and order.</param>
/// <param name="TextWeight">How much the direction of the whole text counts beside the squared errors of its tokens.</param>
/// <param name="LearningRate">The highest rate of all weights but the embeddings.</param>
internal sealed record Recipe(int Sentences, int Steps, int Seed, double TextWeight, double LearningRate)
{
    public const double UsualTextWeight = 2;
    public const double UsualLearningRate = 7e-4;
    public const int FewestSentences = 1000;
    public const int Layers = 3;
    public const int Features = 256;
    public const int Heads = 4;
    public const int MlpWidth = 1024;
    public const int ContextLength = 512;
    public const int TokensPerStep = 4096;

    /// <summary>The highest rate of the embeddings, of which a step sees few.</summary>
    public double EmbeddingRate => LearningRate * 15 / 7;

    /// <summary>Steps in which the rate rises.</summary>
    public int WarmupSteps => Math.Min(100, Steps / 10);

    /// <summary>Texts that are not learnt from.</summary>
    public int HeldOut => Math.Min(2000, Sentences / 10);
}
