namespace MLNet.Dispersion;

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

    /// <summary>What it takes of each text: every measure but the cosines.</summary>
    public static IReadOnlyList<GeometryMeasure> Measures { get; } = [.. GeometryMeasures.All.Where(measure => !measure.IsCosine())];

    /// <summary>Texts so far.</summary>
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
