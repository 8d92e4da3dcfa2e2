using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Builds a <see cref="CondensationProfile"/> text by text, in memory that does not grow with the number of texts.</summary>
/// <remarks>
/// Per layer it keeps sums, a histogram and, while all texts have the same token count n and histograms are wanted, one <c>[n, n]</c> float32 sum of cosine matrices (its upper half).
/// Not thread-safe. The owner disposes it; after an exception it must be discarded.
/// </remarks>
public sealed class CondensationAccumulator : IDisposable
{
    private readonly bool _histograms;
    private readonly CosineWorkspace _workspace = new();
    private LayerCosineAccumulator[]? _layers;
    private int _texts;
    private int _shortTexts;
    private long _tokens;
    private long? _tokensPerText;
    private bool _lengthsDiffer;

    /// <summary>Creates an empty accumulator.</summary>
    /// <param name="histograms">Whether to count the 128-bin histograms as well, which needs the cosine matrices and not only their means. Default true.</param>
    public CondensationAccumulator(bool histograms = true) => _histograms = histograms;

    /// <summary>Adds the hidden states of one text; a text of fewer than two tokens is only counted.</summary>
    /// <param name="hiddenStates">Hidden states 0..N, each <c>[n, F]</c>, floating point; not kept. Every text must bring as many.</param>
    /// <exception cref="ArgumentException">The number of layers differs from the texts before, or the shapes are wrong.</exception>
    /// <exception cref="InvalidOperationException">A hidden state holds NaN or infinity: the message names layer and text.</exception>
    public void Add(IReadOnlyList<Tensor> hiddenStates) => Add(hiddenStates, null);

    /// <summary>The same for a text that has a name of its own in errors; null for its place among the texts so far.</summary>
    internal void Add(IReadOnlyList<Tensor> hiddenStates, string? text)
    {
        ArgumentNullException.ThrowIfNull(hiddenStates);
        long length = CheckShapes(hiddenStates);
        if (length < 2)
        {
            AddShortText();
            return;
        }

        using var noGrad = no_grad();
        _layers ??= [.. hiddenStates.Select(_ => new LayerCosineAccumulator(_histograms))];
        _lengthsDiffer |= _tokensPerText is { } before && before != length;
        _tokensPerText = length;
        for (int i = 0; i < hiddenStates.Count; i++)
        {
            if (!_layers[i].TryAdd(hiddenStates[i], _workspace, !_lengthsDiffer))
            {
                throw NonFiniteState.Error(i, text ?? NonFiniteState.Text(_texts + _shortTexts));
            }
        }

        _texts++;
        _tokens += length;
    }

    /// <summary>Counts a text that has no pair of tokens.</summary>
    public void AddShortText() => _shortTexts++;

    /// <summary>The profile of the texts so far.</summary>
    /// <exception cref="InvalidOperationException">No text of at least two tokens was added.</exception>
    public CondensationProfile ToProfile()
    {
        if (_layers is null)
        {
            throw new InvalidOperationException(_shortTexts == 0
                ? "There are no texts, so there is nothing to measure: pass at least one text of two or more tokens."
                : $"None of the {_shortTexts} texts has two tokens, so there is no token pair to measure: pass longer texts.");
        }

        LayerGeometry[] layers = [.. _layers.Select((layer, i) => layer.ToGeometry(i, _texts, !_lengthsDiffer))];
        return new CondensationProfile(layers, _texts, _shortTexts, _tokens, _lengthsDiffer ? null : (int?)_tokensPerText);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _workspace.Dispose();
        foreach (LayerCosineAccumulator layer in _layers ?? [])
        {
            layer.Dispose();
        }
    }

    private long CheckShapes(IReadOnlyList<Tensor> hiddenStates)
    {
        if (hiddenStates.Count == 0 || (_layers is not null && _layers.Length != hiddenStates.Count))
        {
            throw new ArgumentException($"Expected {_layers?.Length.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "at least one"} hidden state(s), got {hiddenStates.Count}: every text must come from the same model.", nameof(hiddenStates));
        }

        Tensor? odd = hiddenStates.FirstOrDefault(state => state.dim() != 2 || !state.is_floating_point() || state.shape[0] != hiddenStates[0].shape[0]);
        return odd is null ? hiddenStates[0].shape[0] : throw new ArgumentException(
            $"The hidden states of one text must all be [n, F] of a floating-point type with the same n; one is {odd.dtype} [{string.Join(", ", odd.shape)}].", nameof(hiddenStates));
    }
}
