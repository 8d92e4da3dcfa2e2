using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The sequences of a batch that have at least one pair of real tokens.</summary>
internal sealed class RealTokens
{
    private RealTokens(Tensor states, Tensor? mask, Tensor counts, ScalarType productType)
    {
        ProductType = productType;
        Unmasked = states;
        Mask = mask;
        Counts = counts;
    }

    /// <summary>Gets the hidden states, <c>[S, L, F]</c>, with whatever the pads hold: NaN and infinity too.</summary>
    public Tensor Unmasked { get; }

    /// <summary>Gets the hidden states with pad rows of zeros, which no gradient reaches.</summary>
    public Tensor States => field ??= Mask is null ? Unmasked : Unmasked.Masked(Mask.logical_not().unsqueeze(-1), 0);

    /// <summary>Gets which tokens are real, <c>[S, L]</c>, bool; null when all are.</summary>
    public Tensor? Mask { get; }

    /// <summary>Gets the number type of matrix products, where a variant leaves the choice: the states' own, or bfloat16.</summary>
    public ScalarType ProductType { get; }

    /// <summary>Gets the real tokens of each sequence (n), <c>[S]</c>, float64, at least 2.</summary>
    public Tensor Counts { get; }

    /// <summary>Gets the number of ordered pairs of different tokens of each sequence, n (n - 1), <c>[S]</c>, float64.</summary>
    public Tensor PairCounts => Counts * Counts.Minus(1);

    /// <summary>Gets which entries of a pair matrix are no pair of two different real tokens, bool, broadcastable to <c>[S, L, L]</c>.</summary>
    public Tensor NoPair => field ??= WithoutDiagonal();

    /// <summary>Gets which entries of a pair matrix touch a pad, <c>[S, L, L]</c>, bool; null when there are no pads.</summary>
    public Tensor? NotBothReal => Mask is null ? null : Mask.unsqueeze(2).logical_and(Mask.unsqueeze(1)).logical_not();

    /// <summary>Prepares a batch.</summary>
    /// <param name="states"><c>[B, L, F]</c>.</param>
    /// <param name="mask"><c>[B, L]</c>, bool; null when all tokens are real.</param>
    /// <param name="productType">See <see cref="ProductType"/>.</param>
    /// <returns>Null when no sequence has two real tokens.</returns>
    public static RealTokens? Create(Tensor states, Tensor? mask, ScalarType productType)
    {
        long batch = states.shape[0], length = states.shape[1];
        if (mask is null)
        {
            return batch == 0 || length < 2 ? null : new RealTokens(states, null, ones(batch, ScalarType.Float64, states.device).TimesInPlace(length), productType);
        }

        Tensor counts = mask.sum(1, type: ScalarType.Float64);
        bool[] usable = [.. counts.cpu().data<double>().Select(count => count >= 2)];
        if (!usable.Contains(true))
        {
            return null;
        }

        if (usable.Contains(false))
        {
            Tensor rows = tensor(usable.Index().Where(row => row.Item).Select(row => (long)row.Index).ToArray(), device: states.device);
            (states, mask, counts) = (states.index_select(0, rows), mask.index_select(0, rows), counts.index_select(0, rows));
        }

        return new RealTokens(states, mask, counts, productType);
    }

    /// <summary>The states in float64 with each sequence's mean token taken away; pads stay zero.</summary>
    public Tensor Centred()
    {
        Tensor wide = States.to(ScalarType.Float64);
        Tensor centred = wide - (wide.detach().sum(1, keepdim: true) / Counts.view(-1, 1, 1));
        return Mask is null ? centred : centred.Masked(Mask.logical_not().unsqueeze(-1), 0);
    }

    private Tensor WithoutDiagonal()
    {
        Tensor diagonal = eye(States.shape[1], dtype: ScalarType.Bool, device: States.device).unsqueeze(0);
        return NotBothReal is { } padded ? diagonal.logical_or(padded) : diagonal;
    }

    /// <summary>The mean of pair terms over the pairs of different real tokens, <c>[S, L, L]</c> to <c>[S]</c>, float64.</summary>
    public Tensor MeanOverPairs(Tensor terms) =>
        terms.Masked(NoPair, 0).sum([1, 2], type: ScalarType.Float64) / PairCounts;
}
