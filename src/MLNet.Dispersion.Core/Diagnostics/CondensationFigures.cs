using System.Security.Cryptography;
using System.Text;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>What a <see cref="CondensationReport"/> is made of, gathered text by text or layer by layer: cosines of all texts, all other measures of a few.</summary>
/// <remarks>Not thread-safe; the owner disposes it.</remarks>
/// <param name="layerCount">Hidden states, N + 1.</param>
/// <param name="options">Checked options.</param>
internal sealed class CondensationFigures(int layerCount, CondensationReportOptions options) : IDisposable
{
    private readonly CondensationAccumulator _cosines = new(options.Histograms);
    private readonly SpectrumAccumulator _spectra = new(layerCount);
    private readonly Dictionary<SampledText, LayerFigures[]> _open = [];
    private readonly List<SampledText> _coneTexts = [];
    private readonly IncrementalHash _fingerprint = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private int _texts;
    private int _shortest = int.MaxValue;
    private int _longest;
    private int _truncated;

    /// <summary>Adds a text, which the model ran alone.</summary>
    /// <param name="text">The text.</param>
    /// <param name="total">How many texts there will be.</param>
    /// <param name="states">Hidden states 0..N, each <c>[n, F]</c>.</param>
    internal void Add(SampledText text, int total, IReadOnlyList<Tensor> states)
    {
        Begin(text, total);
        for (int i = 0; i < states.Count; i++)
        {
            AddState(text, i, states[i]);
        }
    }

    /// <summary>Counts a text, whose states follow by <see cref="AddState"/>: those of a layer in the order of the texts.</summary>
    /// <param name="text">The text.</param>
    /// <param name="total">How many texts there will be.</param>
    internal void Begin(SampledText text, int total)
    {
        _cosines.Begin(text.Ids.Length, layerCount);
        if (CondensationMeasurement.IsSpread(_texts, total, options.SpectrumTexts))
        {
            _open.Add(text, new LayerFigures[layerCount]);
        }

        if (CondensationMeasurement.IsSpread(_texts, total, options.ConeTexts))
        {
            _coneTexts.Add(text);
        }

        _fingerprint.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(text.Text)));
        (_shortest, _longest) = (Math.Min(_shortest, text.Ids.Length), Math.Max(_longest, text.Ids.Length));
        _texts++;
        _truncated += text.Truncated ? 1 : 0;
    }

    /// <summary>Adds a hidden state of a text that has begun.</summary>
    internal void AddState(SampledText text, int hiddenState, Tensor state)
    {
        string name = NonFiniteState.Text(text.Index);
        _cosines.AddState(hiddenState, state, name);
        if (_open.TryGetValue(text, out LayerFigures[]? figures))
        {
            figures[hiddenState] = TextGeometryCalculator.Figures(hiddenState, state, SpectrumAccumulator.Measures, name);
            if (hiddenState == layerCount - 1)
            {
                _spectra.Add(TextGeometryCalculator.Of(figures, text.Ids.Length, SpectrumAccumulator.Measures));
                _open.Remove(text);
            }
        }
    }

    /// <summary>Makes the report of all texts so far.</summary>
    /// <param name="model">The model's name, where the options give none.</param>
    /// <param name="parameters">How many the model has.</param>
    /// <param name="shortTexts">Texts that were left out.</param>
    /// <param name="cone">Measures what carries the cone, of texts that are run once more.</param>
    /// <exception cref="ArgumentException">There was no text.</exception>
    internal CondensationReport ToReport(string model, long parameters, int shortTexts, Func<IReadOnlyList<SampledText>, ConeReport> cone)
    {
        if (_texts == 0)
        {
            throw new ArgumentException(
                shortTexts == 0
                    ? "There are no texts, so there is nothing to measure: pass at least one text of two or more tokens."
                    : FormattableString.Invariant($"None of the {shortTexts} texts has {options.MinTokens} tokens, so there is nothing to measure: pass longer texts, or lower CondensationReportOptions.MinTokens (at least 2)."));
        }

        for (int i = 0; i < shortTexts; i++)
        {
            _cosines.AddShortText();
        }

        CondensationProfile profile = _cosines.ToProfile();
        LayerReport[] layers = [.. profile.Layers.Select(_spectra.ToLayer)];
        return new CondensationReport(options.ModelName ?? model, DateTimeOffset.UtcNow, new ReportSampling(options.MaxTokens, options.MinTokens, options.SampleSeed, _truncated, _spectra.Texts), profile, layers, _coneTexts.Count == 0 ? null : cone(_coneTexts))
        {
            Intervals = _cosines.OfTexts?.ToIntervals(),
            OfTexts = _cosines.OfTexts,
            Parameters = parameters,
            TextsFingerprint = Convert.ToHexStringLower(_fingerprint.GetCurrentHash()),
            ShortestText = _shortest,
            LongestText = _longest,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _fingerprint.Dispose();
        _cosines.Dispose();
    }
}
