using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Finds out what carries the cone of one layer: a direction that all tokens share, a few coordinates, a few tokens, or the tokens themselves.</summary>
/// <remarks>Pure functions without gradient, in float64, thread-safe. Every mean over texts is the mean of each text's own figure.</remarks>
public static class ConeGeometry
{
    /// <summary>How many medians the norm of a massive token exceeds: 5.</summary>
    /// <remarks>Between the tokens that attention sinks make (100 medians and more in SmolLM2-135M) and the spread of ordinary ones (below 3).</remarks>
    public const double MassiveNorm = 5;

    /// <summary>The numbers of strongest coordinates whose part is measured: 1, 2 and 4.</summary>
    public static IReadOnlyList<int> StrongestCounts { get; } = [1, 2, 4];

    /// <summary>Measures one layer.</summary>
    /// <param name="states">That layer's hidden states, one tensor a text: <c>[n, F]</c>, n at least 2 and F at least 2 of any floating-point type, finite.</param>
    /// <exception cref="ArgumentException">There are no texts, or a tensor is of another shape or type, or of another F than the first.</exception>
    public static ConeFigures Measure(IReadOnlyList<Tensor> states)
    {
        Check(states);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Tensor[] wide = [.. states.Select(text => text.detach().to(ScalarType.Float64))];
        MassiveToken[] massive = Massive(wide);
        Tensor[] ordinary = Without(wide, massive);
        Tensor[] rest = [.. wide.Select(text => text.narrow(0, 1, text.shape[0] - 1))];
        (Tensor mean, Tensor deviation) = Moments(ordinary);
        Tensor[] centred = [.. ordinary.Select(text => text - mean)];
        Tensor squares = SharesOfMeanSquare(wide);
        long[] strongest = Largest(squares, StrongestCounts[^1]);
        return new ConeFigures
        {
            Texts = wide.Length,
            Features = (int)wide[0].shape[1],
            MeanCosine = MeanCosine(wide),
            WithoutFirstToken = MeanCosine(rest),
            WithoutMassiveTokens = MeanCosine(ordinary),
            Centred = MeanCosine(centred),
            Standardised = MeanCosine([.. centred.Select(text => text / deviation.Masked(deviation.Is(0), 1))]),
            FirstTokenNorm = wide.Average(text => text.select(0, 0).norm().item<double>()),
            OtherTokensNorm = rest.Sum(text => Norms(text).sum().item<double>()) / rest.Sum(text => text.shape[0]),
            FirstTokenCosine = wide.Average(FirstTokenCosine),
            MassiveTokens = Array.AsReadOnly(massive),
            Strongest = Array.AsReadOnly(Strongest(wide, strongest, squares, mean, deviation)),
            WithoutStrongest = Array.AsReadOnly(WithoutStrongest(wide, strongest)),
        };
    }

    /// <summary>The mean over texts of the mean cosine between different tokens; texts of fewer than two rows are left out, NaN when none is left.</summary>
    internal static double MeanCosine(IEnumerable<Tensor> states)
    {
        double[] means = [.. states.Where(text => text.shape[0] >= 2).Select(text => CosineGeometry.Means(text).OffDiagonal)];
        return means.Length == 0 ? double.NaN : means.Average();
    }

    /// <summary>The tokens whose norm is above <see cref="MassiveNorm"/> times the median of their text.</summary>
    internal static MassiveToken[] Massive(IReadOnlyList<Tensor> states) =>
    [
        .. from text in states.Select(text => Numbers(Norms(text))).Index()
           let limit = MassiveNorm * Median(text.Item)
           from token in text.Item.Index()
           where token.Item > limit
           select new MassiveToken { Text = text.Index, Position = token.Index, Norm = token.Item },
    ];

    /// <summary>The texts without some of their tokens.</summary>
    internal static Tensor[] Without(IReadOnlyList<Tensor> states, IReadOnlyCollection<MassiveToken> tokens)
    {
        ILookup<int, int> gone = tokens.ToLookup(token => token.Text, token => token.Position);
        return [.. states.Select((text, index) => gone.Contains(index) ? Rows(text, gone[index]) : text)];

        static Tensor Rows(Tensor text, IEnumerable<int> gone) =>
            text.index_select(0, tensor([.. Enumerable.Range(0, (int)text.shape[0]).Except(gone).Select(row => (long)row)], device: text.device));
    }

    /// <summary>Mean and standard deviation of every coordinate over the tokens of all texts, <c>[F]</c> each.</summary>
    internal static (Tensor Mean, Tensor Deviation) Moments(IReadOnlyList<Tensor> states)
    {
        double tokens = states.Sum(text => (double)text.shape[0]);
        Tensor mean = Sum(states, text => text).Over(tokens);
        return (mean, Sum(states, text => (text - mean).Squared()).Over(tokens).sqrt());
    }

    /// <summary>The coordinates from the largest mean square over the tokens of all texts downwards, at most <paramref name="count"/>.</summary>
    internal static long[] StrongestCoordinates(IReadOnlyList<Tensor> states, int count) => Largest(SharesOfMeanSquare(states), count);

    /// <summary>The texts without some coordinates: these are set to zero, which takes them out of norms and products.</summary>
    internal static Tensor[] WithoutCoordinates(IReadOnlyList<Tensor> states, IReadOnlyList<long> coordinates)
    {
        Tensor gone = tensor([.. Enumerable.Range(0, (int)states[0].shape[1]).Select(coordinate => coordinates.Contains(coordinate))], device: states[0].device);
        return [.. states.Select(text => text.Masked(gone, 0))];
    }

    /// <summary>What each coordinate carries of the mean cosine between different tokens, as a share of it, <c>[F]</c>: the mean over texts of each text's ratio. A cosine is a sum over coordinates.</summary>
    internal static Tensor SharesOfMeanCosine(IReadOnlyList<Tensor> states) => Sum(states, text =>
    {
        Tensor unit = CosineGeometry.UnitRows(text);
        Tensor parts = unit.sum([0], keepdim: true).Squared() - unit.Squared().sum([0], keepdim: true);
        return parts / parts.sum();
    }).Over(states.Count);

    /// <summary>The mean squares of the coordinates as shares of their sum, <c>[F]</c>.</summary>
    internal static Tensor SharesOfMeanSquare(IReadOnlyList<Tensor> states)
    {
        Tensor squares = Sum(states, text => text.Squared());
        return squares / squares.sum();
    }

    private static long[] Largest(Tensor values, int count) => [.. values.topk((int)Math.Min(count, values.shape[0])).indexes.cpu().data<long>()];

    private static ConeCoordinate[] Strongest(IReadOnlyList<Tensor> states, long[] strongest, Tensor squares, Tensor mean, Tensor deviation)
    {
        (double[] cosine, double[] square) = (Numbers(SharesOfMeanCosine(states)), Numbers(squares));
        (double[] means, double[] deviations) = (Numbers(mean), Numbers(deviation));
        return Array.ConvertAll(strongest, index => new ConeCoordinate
        {
            Index = (int)index,
            ShareOfMeanSquare = square[index],
            ShareOfMeanCosine = cosine[index],
            Mean = means[index],
            StandardDeviation = deviations[index],
        });
    }

    private static double[] WithoutStrongest(IReadOnlyList<Tensor> states, long[] strongest) =>
        [.. StrongestCounts.Select(count => MeanCosine(WithoutCoordinates(states, [.. strongest.Take(count)])))];

    private static double FirstTokenCosine(Tensor text)
    {
        Tensor unit = CosineGeometry.UnitRows(text);
        return unit.narrow(0, 1, unit.shape[0] - 1).mv(unit.select(0, 0)).mean().item<double>();
    }

    private static Tensor Norms(Tensor text) => text.norm(1, keepdim: false, p: 2f);

    private static double[] Numbers(Tensor vector) => vector.cpu().data<double>().ToArray();

    /// <summary>The sum over all tokens of all texts of a function of a text, <c>[n, F]</c> or <c>[1, F]</c>, summed over its rows.</summary>
    private static Tensor Sum(IReadOnlyList<Tensor> states, Func<Tensor, Tensor> part)
    {
        Tensor sum = zeros(states[0].shape[1], ScalarType.Float64, states[0].device);
        foreach (Tensor text in states)
        {
            using var scope = NewDisposeScope();
            sum.PlusInPlace(part(text).sum([0]));
        }

        return sum;
    }

    /// <summary>The middle value; of an even number the mean of the two middle ones.</summary>
    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static void Check(IReadOnlyList<Tensor> states)
    {
        ArgumentNullException.ThrowIfNull(states);
        if (states.Count == 0)
        {
            throw new ArgumentException("There are no texts: pass one layer's hidden states [n, F] of each.", nameof(states));
        }

        long features = states[0].dim() == 2 ? states[0].shape[1] : -1;
        if (states.FirstOrDefault(text => text.dim() != 2 || !text.is_floating_point() || text.shape[0] < 2 || text.shape[1] < 2 || text.shape[1] != features) is { } odd)
        {
            throw new ArgumentException(
                $"One layer's hidden states must be [n, F] of a floating-point type for every text, with n and F at least 2 and the same F; one is {odd.dtype} [{string.Join(", ", odd.shape)}].", nameof(states));
        }
    }
}
