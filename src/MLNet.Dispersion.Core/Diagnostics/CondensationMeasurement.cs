using System.Diagnostics;

namespace MLNet.Dispersion;

/// <summary>Makes a <see cref="CondensationReport"/>: one text at a time through the model, its hidden states into running statistics.</summary>
internal sealed class CondensationMeasurement : IDisposable
{
    /// <summary>Texts that are read ahead, so that the share whose spectrum is taken is spread evenly over streams of unknown length too.</summary>
    internal const int LookAhead = 1024;

    private readonly PretrainedLanguageModel _model;
    private readonly CondensationReportOptions _options;
    private readonly CondensationAccumulator _cosines;
    private readonly SpectrumAccumulator _spectra;
    private readonly Stopwatch _clock = new();
    private int _texts;
    private int _truncated;

    private CondensationMeasurement(PretrainedLanguageModel model, CondensationReportOptions options)
    {
        _model = model;
        _options = options;
        _cosines = new CondensationAccumulator(options.Histograms);
        _spectra = new SpectrumAccumulator(model.Backbone.Info.LayerCount + 1);
    }

    /// <summary>Measures a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="texts">Enumerated once.</param>
    /// <param name="options">Checked, and nobody else's.</param>
    public static CondensationReport Run(PretrainedLanguageModel model, IEnumerable<string?> texts, CondensationReportOptions options)
    {
        int context = model.Backbone.Info.ContextLength;
        options.ValidateFor(context);
        var sampler = new TextSampler(model.Tokenizer, options, Math.Min(options.MaxTokens, context));
        using var evaluation = new EvaluationMode(model.Backbone);
        using var measurement = new CondensationMeasurement(model, options);
        IEnumerable<SampledText> sample = sampler.Sample(texts);
        int most = sample.TryGetNonEnumeratedCount(out int count) ? count
            : texts.TryGetNonEnumeratedCount(out count) ? Math.Min(count, options.MaxTexts)
            : options.MaxTexts;
        measurement.AddAll(sample, most);
        return measurement._texts > 0 ? measurement.ToReport(sampler.ShortTexts) : throw new ArgumentException(
            sampler.ShortTexts == 0
                ? "There are no texts, so there is nothing to measure: pass at least one text of two or more tokens."
                : FormattableString.Invariant($"None of the {sampler.ShortTexts} texts has {options.MinTokens} tokens, so there is nothing to measure: pass longer texts, or lower CondensationReportOptions.MinTokens (at least 2)."),
            nameof(texts));
    }

    public void Dispose() => _cosines.Dispose();

    /// <param name="sample">The texts.</param>
    /// <param name="most">How many there will be at most.</param>
    private void AddAll(IEnumerable<SampledText> sample, int most)
    {
        using IEnumerator<SampledText> source = sample.GetEnumerator();
        var ahead = new Queue<SampledText>();
        while (ahead.Count < LookAhead && source.MoveNext())
        {
            ahead.Enqueue(source.Current);
        }

        int total = ahead.Count < LookAhead ? ahead.Count : most;
        _clock.Start();
        while (ahead.TryDequeue(out SampledText? text))
        {
            Add(text, total);
            if (source.MoveNext())
            {
                ahead.Enqueue(source.Current);
            }
        }
    }

    private void Add(SampledText text, int total)
    {
        _options.CancellationToken.ThrowIfCancellationRequested();
        string name = NonFiniteState.Text(text.Index);
        bool spectrum = IsSpread(_texts, total, _options.SpectrumTexts);
        HiddenStatePass.Run(_model.Backbone, text.Ids, name, states =>
        {
            _cosines.Add(states, name);
            if (spectrum)
            {
                _spectra.Add(TextGeometryCalculator.Measure(states, SpectrumAccumulator.Measures, name));
            }
        });
        _texts++;
        _truncated += text.Truncated ? 1 : 0;
        TimeSpan elapsed = _clock.Elapsed;
        _options.Progress?.Report(new CondensationProgress(_texts, total, elapsed, elapsed * ((double)(total - _texts) / _texts)));
    }

    /// <summary>Whether a text is one of those spread evenly over all, the first always included.</summary>
    /// <param name="index">The text, from 0.</param>
    /// <param name="total">All texts.</param>
    /// <param name="wanted">How many are wanted; with as many as there are, or more, each is one.</param>
    internal static bool IsSpread(int index, int total, int wanted) => wanted >= total || (long)index * wanted % total < wanted;

    private CondensationReport ToReport(int shortTexts)
    {
        for (int i = 0; i < shortTexts; i++)
        {
            _cosines.AddShortText();
        }

        CondensationProfile profile = _cosines.ToProfile();
        LayerReport[] layers = [.. profile.Layers.Select(_spectra.ToLayer)];
        return new CondensationReport(_options.ModelName ?? _model.Name, DateTimeOffset.UtcNow, new ReportSampling(_options.MaxTokens, _options.MinTokens, _options.SampleSeed, _truncated, _spectra.Texts), profile, layers);
    }
}
