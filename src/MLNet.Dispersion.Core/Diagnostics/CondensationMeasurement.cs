using System.Diagnostics;

namespace MLNet.Dispersion;

/// <summary>Makes a <see cref="CondensationReport"/>: one text at a time through the model, its hidden states into running statistics.</summary>
internal sealed class CondensationMeasurement : IDisposable
{
    /// <summary>Texts that are read ahead, so that the share whose spectrum is taken is spread evenly over streams of unknown length too.</summary>
    internal const int LookAhead = 1024;

    private readonly PretrainedLanguageModel _model;
    private readonly CondensationReportOptions _options;
    private readonly CondensationFigures _figures;
    private readonly Stopwatch _clock = new();
    private int _texts;

    private CondensationMeasurement(PretrainedLanguageModel model, CondensationReportOptions options)
    {
        _model = model;
        _options = options;
        _figures = new CondensationFigures(model.Backbone.Info.LayerCount + 1, options);
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
        measurement.AddAll(sample, MostTexts(sample, texts, options));
        return measurement._figures.ToReport(model.Name, model.Backbone.parameters().Sum(parameter => parameter.numel()), sampler.ShortTexts, cone => new ConeMeasurement(model.Backbone, model.Tokenizer, options.CancellationToken).Run(cone));
    }

    /// <summary>How many texts there will be at most.</summary>
    internal static int MostTexts(IEnumerable<SampledText> sample, IEnumerable<string?> texts, CondensationReportOptions options) =>
        sample.TryGetNonEnumeratedCount(out int count) ? count
        : texts.TryGetNonEnumeratedCount(out count) ? Math.Min(count, options.MaxTexts)
        : options.MaxTexts;

    public void Dispose() => _figures.Dispose();

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
        HiddenStatePass.Run(_model.Backbone, text.Ids, name, states => _figures.Add(text, total, states));
        _texts++;
        TimeSpan elapsed = _clock.Elapsed;
        _options.Progress?.Report(new CondensationProgress { Texts = _texts, TotalTexts = total, Share = (double)_texts / total, Elapsed = elapsed, Remaining = elapsed * ((double)(total - _texts) / _texts) });
    }

    /// <summary>Whether a text is one of those spread evenly over all, the first always included.</summary>
    /// <param name="index">The text, from 0.</param>
    /// <param name="total">All texts.</param>
    /// <param name="wanted">How many are wanted; with as many as there are, or more, each is one.</param>
    internal static bool IsSpread(int index, int total, int wanted) => wanted >= total || (long)index * wanted % total < wanted;
}

/// <summary>Draws the texts to measure from a stream of any length; holds no more than the sample.</summary>
internal sealed class TextSampler
{
    private readonly TextTokenizer _tokenizer;
    private readonly CondensationReportOptions _options;
    private readonly int _maxTokens;

    /// <summary>Creates the sampler.</summary>
    /// <param name="tokenizer">Makes tokens of texts.</param>
    /// <param name="options">Checked options.</param>
    /// <param name="maxTokens">The options' limit and the model's, whichever is lower.</param>
    public TextSampler(TextTokenizer tokenizer, CondensationReportOptions options, int maxTokens)
    {
        _tokenizer = tokenizer;
        _options = options;
        _maxTokens = maxTokens;
    }

    /// <summary>Gets or sets the number of texts read so far that have too few tokens.</summary>
    public int ShortTexts { get; private set; }

    /// <summary>The sample, in the order of the texts: a list when a seed was given, else read as it is asked for.</summary>
    /// <param name="texts">Enumerated once.</param>
    public IEnumerable<SampledText> Sample(IEnumerable<string?> texts) =>
        _options.SampleSeed is { } seed ? Reservoir(LongEnough(texts), seed) : LongEnough(texts).Take(_options.MaxTexts);

    private IEnumerable<SampledText> LongEnough(IEnumerable<string?> texts)
    {
        long index = 0;
        foreach (string? text in texts)
        {
            _options.CancellationToken.ThrowIfCancellationRequested();
            var encoded = _tokenizer.Encode(text, _maxTokens);
            if (encoded.Ids.Length >= _options.MinTokens)
            {
                yield return new SampledText(index, text ?? string.Empty, encoded.Ids, encoded.Truncated);
            }
            else
            {
                ShortTexts++;
            }

            index++;
        }
    }

    /// <summary>After k texts each of them is held with probability size / k.</summary>
    private List<SampledText> Reservoir(IEnumerable<SampledText> texts, int seed)
    {
        var random = new Random(seed);
        var held = new List<SampledText>();
        long seen = 0;
        foreach (SampledText text in texts)
        {
            seen++;
            if (held.Count < _options.MaxTexts)
            {
                held.Add(text);
            }
            else if (random.NextInt64(seen) is var place && place < held.Count)
            {
                held[(int)place] = text;
            }
        }

        return [.. held.OrderBy(text => text.Index)];
    }
}

/// <summary>A text that is to be measured.</summary>
/// <param name="Index">Its place among the texts passed in, from 0.</param>
/// <param name="Text">The text itself.</param>
/// <param name="Ids">Its token ids, after truncation.</param>
/// <param name="Truncated">Whether it was cut.</param>
internal sealed record SampledText(long Index, string Text, int[] Ids, bool Truncated);

/// <summary>Running means of the measures that are not cosines, and of the relative spectra, by layer; its size does not depend on the number of texts.</summary>
internal sealed class SpectrumAccumulator
{
    private readonly RunningMeans[] _spectra;
    private readonly RunningMeans[] _measures;

    /// <summary>Creates an empty accumulator.</summary>
    /// <param name="layerCount">Hidden states, N + 1.</param>
    public SpectrumAccumulator(int layerCount)
    {
        _spectra = [.. Enumerable.Range(0, layerCount).Select(_ => new RunningMeans())];
        _measures = [.. Enumerable.Range(0, layerCount).Select(_ => new RunningMeans())];
    }

    /// <summary>Gets what it takes of each text: every measure but the cosines.</summary>
    public static IReadOnlyList<GeometryMeasure> Measures { get; } = [.. GeometryMeasures.All.Where(measure => !measure.IsCosine())];

    /// <summary>Gets or sets the number of texts so far.</summary>
    public int Texts { get; private set; }

    /// <summary>Adds a text.</summary>
    /// <param name="text">With all <see cref="Measures"/>.</param>
    public void Add(TextGeometry text)
    {
        for (int i = 0; i < _measures.Length; i++)
        {
            _measures[i].Add(Measures.Select(measure => text.ByLayer(measure)[i]));
            IReadOnlyList<double> values = text.Spectra[i].SingularValues;
            _spectra[i].Add(values.Select(value => value / values[0]));
        }

        Texts++;
    }

    /// <summary>One layer of the report.</summary>
    /// <param name="cosine">Its cosines over all texts.</param>
    public LayerReport ToLayer(LayerGeometry cosine)
    {
        IReadOnlyList<double> means = _measures[cosine.HiddenState].Means;
        var values = new Dictionary<GeometryMeasure, double>();
        foreach ((int i, GeometryMeasure measure) in Measures.Index())
        {
            values[measure] = i < means.Count ? means[i] : double.NaN;
        }

        return LayerReports.Of(cosine, _measures.Length, values, _spectra[cosine.HiddenState].Means);
    }

    /// <summary>Means of lists entry by entry, each over the finite values that it got.</summary>
    private sealed class RunningMeans
    {
        private readonly List<double> _sums = [];
        private readonly List<int> _counts = [];

        public IReadOnlyList<double> Means => Array.AsReadOnly(_sums.Zip(_counts, (sum, count) => count == 0 ? double.NaN : sum / count).ToArray());

        public void Add(IEnumerable<double> values)
        {
            foreach ((int i, double value) in values.Index())
            {
                if (i == _sums.Count)
                {
                    _sums.Add(0);
                    _counts.Add(0);
                }

                if (double.IsFinite(value))
                {
                    _sums[i] += value;
                    _counts[i]++;
                }
            }
        }
    }
}
