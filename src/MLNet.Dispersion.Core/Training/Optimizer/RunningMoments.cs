using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Mean and deviation of every coordinate of the dispersed layers over the batches so far, for <see cref="DispersionCentering.Running"/>.</summary>
/// <remarks>
/// Averages of each batch's mean and mean square in float64. A batch counts <see cref="DispersionOptions.MomentRate"/>, but the first ones equally until they are 1 / rate. Massive tokens, of a
/// norm above <see cref="ConeGeometry.MassiveNorm"/> times their sequence's median, are left out, since one attention sink of a hundred times the others' norm would be the mean.
/// </remarks>
internal sealed class RunningMoments : IDisposable
{
    private readonly double _rate;
    private readonly SortedDictionary<int, Layer> _layers = [];

    /// <summary>Makes them for the layers that the options name; none where the options need no moments.</summary>
    /// <param name="options">Checked.</param>
    /// <param name="backbone">Whose hidden states they are.</param>
    /// <param name="device">Where it is.</param>
    public RunningMoments(DispersionOptions options, LanguageBackbone backbone, Device device)
    {
        _rate = options.MomentRate;
        if (options.NeedsMoments)
        {
            int last = backbone.Info.LayerCount;
            foreach (int layer in options.Layers.HiddenStateIndices(last))
            {
                _layers[layer] = new Layer(layer == last ? backbone.Info.FinalSize : backbone.Info.HiddenSize, device);
            }
        }
    }

    /// <summary>Gets what a checkpoint has to hold of them, by name; empty where the options need no moments.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Tensors => _layers.SelectMany(layer => layer.Value.Named(FormattableString.Invariant($"hidden_state.{layer.Key}.")));

    /// <summary>Adds a batch.</summary>
    /// <param name="hiddenStates">By index 0..N, <c>[B, L, F]</c> each.</param>
    /// <param name="mask"><c>[B, L]</c>, bool; null when all tokens are real.</param>
    /// <returns>The moments by index 0..N after it, in the caller's dispose scope; null where the options need none.</returns>
    public IReadOnlyList<CoordinateMoments?>? Add(IReadOnlyList<Tensor?> hiddenStates, Tensor? mask)
    {
        if (_layers.Count == 0)
        {
            return null;
        }

        using var noGrad = no_grad();
        var moments = new CoordinateMoments?[hiddenStates.Count];
        foreach ((int index, Layer layer) in _layers)
        {
            layer.Add(hiddenStates[index]!.detach(), mask, _rate);
            moments[index] = layer.Moments();
        }

        return moments;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Layer layer in _layers.Values)
        {
            layer.Dispose();
        }
    }

    private sealed class Layer(long features, Device device) : IDisposable
    {
        private readonly Tensor _mean = zeros(features, ScalarType.Float64, device).DetachFromDisposeScope();
        private readonly Tensor _meanSquare = zeros(features, ScalarType.Float64, device).DetachFromDisposeScope();
        private readonly Tensor _batches = zeros(1, ScalarType.Float64, CPU).DetachFromDisposeScope();

        public IEnumerable<KeyValuePair<string, Tensor>> Named(string prefix) =>
            [new(prefix + "mean", _mean), new(prefix + "mean_square", _meanSquare), new(prefix + "batches", _batches)];

        public void Add(Tensor states, Tensor? mask, double rate)
        {
            using var scope = NewDisposeScope();
            Tensor norms = states.norm(2, keepdim: false, p: 2f);
            Tensor ordinary = norms.less_equal(Medians(norms, mask).Times(ConeGeometry.MassiveNorm));
            Tensor rows = states.index(TensorIndex.Tensor(mask is null ? ordinary : ordinary.logical_and(mask))).to(ScalarType.Float64);
            if (rows.shape[0] == 0)
            {
                return;
            }

            _batches.PlusInPlace(1);
            double weight = Math.Max(rate, 1 / _batches.ToDouble());
            Mix(_mean, rows.mean([0]), weight);
            Mix(_meanSquare, rows.Squared().mean([0]), weight);
        }

        public CoordinateMoments Moments() => new(_mean.clone(), (_meanSquare - _mean.Squared()).AtLeast(0).sqrt());

        public void Dispose()
        {
            _mean.Dispose();
            _meanSquare.Dispose();
            _batches.Dispose();
        }

        private static void Mix(Tensor average, Tensor value, double weight) => average.TimesInPlace(1 - weight).PlusInPlace(value, weight);

        /// <summary>The median of each row's real entries, of an even number the lower one, <c>[B, 1]</c>; infinite for a row without any.</summary>
        private static Tensor Medians(Tensor norms, Tensor? mask)
        {
            Tensor sorted = (mask is null ? norms : norms.Masked(mask.logical_not(), double.PositiveInfinity)).sort(1).Values;
            Tensor counts = mask is null ? zeros_like(norms.narrow(1, 0, 1), dtype: ScalarType.Int64).Shifted(norms.shape[1]) : mask.sum(1, keepdim: true, type: ScalarType.Int64);
            Tensor middle = counts.Shifted(-1).div(tensor(2L, device: norms.device), RoundingMode.floor);
            return sorted.gather(1, maximum(middle, zeros_like(middle)));
        }
    }
}
