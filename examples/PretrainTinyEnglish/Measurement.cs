namespace MLNet.Dispersion.Examples.PretrainTinyEnglish;

/// <summary>How good and how condensed a model is on the held-out books.</summary>
internal sealed record Measurement(double TokenPerplexity, CondensationProfile Condensation)
{
    private const int CondensationTexts = 100;

    public static Measurement Of(PretrainedLanguageModel model, IReadOnlyList<int[]> heldOut)
    {
        double loss = LanguageModelTrainer.MeanNegativeLogLikelihood(model, heldOut, batchSize: 4);
        var profile = CondensationProbe.Measure(model.Backbone, heldOut.Take(CondensationTexts), histograms: false);
        return new Measurement(Math.Exp(loss), profile);
    }
}
