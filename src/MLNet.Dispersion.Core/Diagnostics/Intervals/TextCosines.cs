namespace MLNet.Dispersion;

/// <summary>The texts' mean cosines by layer, of which intervals are made: sums over units that are drawn together, a text each, or, of more than <see cref="MostUnits"/> texts, every so manieth of them.</summary>
/// <param name="layerCount">Hidden states, N + 1.</param>
internal sealed class TextCosines(int layerCount)
{
    /// <summary>The most units: their bootstrap is as good as that of more, and memory and time do not grow beyond.</summary>
    public const int MostUnits = 512;

    private const int Resamples = 1000;

    private readonly Sums _full = new(layerCount);
    private readonly Sums _offDiagonal = new(layerCount);
    private readonly int[] _texts = new int[layerCount];

    /// <summary>Adds a layer's means of a text: each layer's in the order of the texts.</summary>
    /// <param name="layer">The hidden state.</param>
    /// <param name="length">The text's tokens, at least 2.</param>
    /// <param name="means">Of the text alone.</param>
    public void Add(int layer, double length, CosineMeans means)
    {
        int unit = _texts[layer]++ % MostUnits;
        _full.Add(layer, unit, length * length, means.Full);
        _offDiagonal.Add(layer, unit, length * (length - 1), means.OffDiagonal);
    }

    /// <summary>Makes the intervals; null where there are too few texts.</summary>
    public CondensationIntervals? ToIntervals()
    {
        int units = Math.Min(_texts[0], MostUnits);
        return units < CondensationIntervals.FewestTexts ? null : new CondensationIntervals
        {
            MeanCosine = _full.Layers(units),
            MeanCosineOffDiagonal = _offDiagonal.Layers(units),
            Spearman = _full.Trend(units),
            SpearmanOffDiagonal = _offDiagonal.Trend(units),
        };
    }

    /// <summary>Makes the interval of how much less condensed a layer is in the later report, over texts that both measured; null where there are too few texts, or not as many in both.</summary>
    /// <param name="before">Of the earlier report.</param>
    /// <param name="layerBefore">Its hidden state.</param>
    /// <param name="after">Of the later report, of the same texts in the same order.</param>
    /// <param name="layerAfter">Its hidden state.</param>
    /// <param name="offDiagonal">Whether pairs of a token with itself are left out.</param>
    public static Interval? Decrease(TextCosines before, int layerBefore, TextCosines after, int layerAfter, bool offDiagonal)
    {
        int texts = before._texts[0];
        if (texts < CondensationIntervals.FewestTexts || texts != after._texts[0])
        {
            return null;
        }

        (Sums first, Sums second) = offDiagonal ? (before._offDiagonal, after._offDiagonal) : (before._full, after._full);
        return BootstrapInterval.Bca(Math.Min(texts, MostUnits), places => first.Mean(layerBefore, places) - second.Mean(layerAfter, places), resamples: Resamples);
    }

    /// <summary>Sums of cosines over pairs of tokens, by layer and unit, and how many pairs there are.</summary>
    private sealed class Sums(int layerCount)
    {
        private readonly double[] _depth = [.. Enumerable.Range(0, layerCount).Select(layer => (double)layer)];

        private readonly double[] _pairs = new double[MostUnits];
        private readonly double[][] _cosines = [.. Enumerable.Range(0, layerCount).Select(_ => new double[MostUnits])];

        public void Add(int layer, int unit, double pairs, double meanCosine)
        {
            _cosines[layer][unit] += pairs * meanCosine;
            if (layer == 0)
            {
                _pairs[unit] += pairs;
            }
        }

        public Interval[] Layers(int units) => [.. _cosines.Select((_, layer) => Interval(units, places => Mean(layer, places)))];

        public Interval? Trend(int units) => double.IsNaN(Rho([.. Enumerable.Range(0, units)]))
            ? null
            : Interval(units, places => Rho(places) is var rho && double.IsNaN(rho) ? 0 : rho);

        /// <summary>The mean over all pairs of all texts, as the report pools them.</summary>
        public double Mean(int layer, IReadOnlyList<int> places)
        {
            double[] cosines = _cosines[layer];
            double sum = 0, pairs = 0;
            foreach (int place in places as int[] ?? [.. places])
            {
                sum += cosines[place];
                pairs += _pairs[place];
            }

            return sum / pairs;
        }

        private static Interval Interval(int units, Func<IReadOnlyList<int>, double> figure) => BootstrapInterval.Bca(units, figure, resamples: Resamples);

        private double Rho(IReadOnlyList<int> places) => RankCorrelation.Spearman([.. _cosines.Select((_, layer) => Mean(layer, places))], _depth);
    }
}
