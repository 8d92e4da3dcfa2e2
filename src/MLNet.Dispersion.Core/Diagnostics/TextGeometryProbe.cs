using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Measures the geometry of each of many texts on its own, in length-sorted batches.</summary>
/// <remarks>
/// Thread-safe while the model is in evaluation mode; a model in training is measured in evaluation mode and put back, which must not happen beside
/// other passes. The model stays the caller's and must outlive the probe. Runs in the model's own compute type, without gradients.
/// </remarks>
public sealed class TextGeometryProbe
{
    /// <summary>Padded tokens of one forward pass, all of whose hidden states are in memory together.</summary>
    private const int TokensPerPass = 2048;
    private const int RowsPerPass = 32;
    private readonly PretrainedLanguageModel _model;
    private readonly TextTokenizer _tokenizer;
    private readonly ForwardPass _pass;

    /// <summary>Creates the probe.</summary>
    /// <param name="model">The model, with its tokenizer.</param>
    /// <param name="measures">What to measure, at least one.</param>
    /// <param name="maxTokens">Longer texts are cut to this many tokens, and to the model's context length. Default 512 (published). At least 2.</param>
    /// <exception cref="ArgumentException">No measures, or one that does not exist.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxTokens"/> is below 2.</exception>
    /// <exception cref="ModelFileException">The model's checkpoint has no tokenizer, or a damaged one.</exception>
    public TextGeometryProbe(PretrainedLanguageModel model, IReadOnlyCollection<GeometryMeasure> measures, int maxTokens = CondensationProbe.DefaultMaxTokens)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, 2);
        Measures = GeometryMeasures.Checked(measures, nameof(measures));
        _model = model;
        _tokenizer = model.Tokenizer;
        _pass = new ForwardPass(model.Backbone, model.Device);
        MaxTokens = Math.Min(maxTokens, model.Backbone.Info.ContextLength);
    }

    /// <summary>Gets what is measured, in the order of <see cref="GeometryMeasures.All"/>.</summary>
    public IReadOnlyList<GeometryMeasure> Measures { get; }

    /// <summary>Gets the most tokens of a text that are looked at.</summary>
    public int MaxTokens { get; }

    /// <summary>Gets the number of the model's hidden states, N + 1.</summary>
    public int LayerCount => _model.Backbone.Info.LayerCount + 1;

    /// <summary>Measures texts.</summary>
    /// <param name="texts">Any number; null counts as empty. One without tokens gets NaN everywhere and is never run.</param>
    /// <param name="cancellationToken">Checked before each forward pass.</param>
    /// <returns>One geometry a text, in the same order; <see cref="TextGeometry.IsTruncated"/> tells which texts have more tokens than <see cref="MaxTokens"/>.</returns>
    /// <exception cref="InvalidOperationException">A hidden state holds NaN or infinity: the message names layer and text.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public TextGeometry[] Measure(IReadOnlyList<string?> texts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        EncodedText[] encoded = [.. texts.Select(text => _tokenizer.Encode(text, MaxTokens))];
        int[][] sequences = Array.ConvertAll(encoded, text => text.Ids);
        int[] withTokens = [.. Enumerable.Range(0, sequences.Length).Where(i => sequences[i].Length > 0)];
        var results = new TextGeometry[sequences.Length];
        foreach (int i in Enumerable.Range(0, sequences.Length).Except(withTokens))
        {
            results[i] = TextGeometryCalculator.Empty(LayerCount, Measures);
        }

        using var evaluation = new EvaluationMode(_model.Backbone);
        using var noGrad = no_grad();
        foreach (int[] pass in LengthSortedPasses.Of([.. withTokens.Select(i => sequences[i].Length)], TokensPerPass, RowsPerPass))
        {
            cancellationToken.ThrowIfCancellationRequested();
            MeasurePass(sequences, [.. pass.Select(i => withTokens[i])], results);
        }

        foreach ((int i, EncodedText text) in encoded.Index())
        {
            results[i].IsTruncated = text.Truncated;
        }

        return results;
    }

    private void MeasurePass(int[][] sequences, int[] rows, TextGeometry[] results)
    {
        using var inside = ExitGate.Enter();
        using var scope = NewDisposeScope();
        var batch = TokenBatch.Pad([.. rows.Select(row => sequences[row])], padId: 0);
        BackboneOutput output = _pass.Read(batch, HiddenStateSelection.All).States;
        for (int i = 0; i < rows.Length; i++)
        {
            using var textScope = NewDisposeScope();
            Tensor[] states = [.. output.HiddenStates.Select(state => state!.select(0, i).narrow(0, 0, batch.Lengths[i]))];
            results[rows[i]] = TextGeometryCalculator.Measure(states, Measures, NonFiniteState.Text(rows[i]));
        }
    }
}
