using Microsoft.ML;

namespace MLNet.Dispersion.Search.Tests.Saved;

/// <summary>The search that was saved: the default space over a pipeline that trains nothing, whose figures depend on the options alone.</summary>
internal static class SearchAnswers
{
    /// <summary>Runs it, or runs it on where it was.</summary>
    public static SearchResult Run(Func<StudyDefinition, CancellationToken, Task<IStudyStorage>> open, int trials)
    {
        var ml = new MLContext(seed: 1);
        SearchTrial? current = null;
        return ml.Dispersion().CreateSearch()
            .SetDataset(ml.Data.LoadFromEnumerable(Enumerable.Range(0, 20).Select(i => new SearchedText { Text = FormattableString.Invariant($"text {i}") })))
            .SetPipeline(trial =>
            {
                current = trial;
                return ml.Transforms.CopyColumns("Copy", "Text");
            })
            .SetMetric(
                SearchMetric.Of("Value", maximize: true, (_, _) => current!.Options.Dispersion.Coefficient - Math.Abs(Math.Log10(current.Options.LearningRate ?? 1e-3) + 3.5)),
                SearchMetric.Of("Rank", maximize: false, (_, _) => current!.Options.Lora?.Rank ?? 64))
            .SetSampler(new TpeSampler(new TpeOptions { StartupTrials = 4 }))
            .SetStorage(open)
            .SetMaxTrials(trials)
            .Run();
    }

    private sealed class SearchedText
    {
        public string Text { get; set; } = "";
    }
}
