using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Makes one vector of the states of a text's tokens: pure functions of tensors, with gradients. Thread-safe.</summary>
public static class TokenPooling
{
    /// <summary>Pools the states of the tokens that count.</summary>
    /// <param name="states">Final hidden states, <c>[B, L, F]</c>, of any floating type.</param>
    /// <param name="mask">Which tokens count, <c>[B, L]</c>, bool: at least one a row, pads anywhere; what stands at the others reaches no result and gets no gradient. Null when all count.</param>
    /// <param name="pooling">How; not <see cref="TextPooling.Family"/>, which is the backbone's (<see cref="LanguageBackbone.Summary"/>).</param>
    /// <param name="query">The query of <see cref="TextPooling.Attention"/>, <c>[F]</c>; null for all others.</param>
    /// <returns>One vector a text, <c>[B, F]</c>, of the states' type, in the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">A shape or type is wrong, a row has no token that counts, or the pooling and the query do not go together.</exception>
    public static Tensor Pool(Tensor states, Tensor? mask, TextPooling pooling, Tensor? query = null)
    {
        ArgumentNullException.ThrowIfNull(states);
        Check(states, mask, pooling, query);
        using var scope = NewDisposeScope();
        return Pooled(states, mask, pooling, query).MoveToOuterDisposeScope();
    }

    /// <summary>The same of tensors that are known to be right, inside the caller's dispose scope; a row without a token that counts is read at its first column, or has NaN for a mean.</summary>
    internal static Tensor Pooled(Tensor states, Tensor? mask, TextPooling pooling, Tensor? query = null) => pooling switch
    {
        TextPooling.FirstToken => mask is null ? states.select(1, 0) : At(states, Counted(mask).argmax(1)),
        TextPooling.LastToken => mask is null ? states.select(1, -1) : At(states, Counted(mask).cumsum(1).argmax(1)),
        TextPooling.Max => (mask is null ? states : states.Masked(Out(mask), double.NegativeInfinity)).max(1).values,
        _ => Sum(states, mask, Weights(states, mask, pooling, query)),
    };

    /// <summary>The states of one token a row, by its column <c>[B]</c>.</summary>
    internal static Tensor At(Tensor states, Tensor columns) => states.gather(1, columns.view(-1, 1, 1).expand(-1, 1, states.shape[2])).squeeze(1);

    private static void Check(Tensor states, Tensor? mask, TextPooling pooling, Tensor? query)
    {
        if (states.dim() != 3 || states.shape[1] == 0 || !states.is_floating_point())
        {
            throw new ArgumentException($"Hidden states must be [B, L, F] of a floating type with at least one token; these are {states.dtype} {Printable.Shape(states.shape)}.", nameof(states));
        }

        if (pooling == TextPooling.Family || !Enum.IsDefined(pooling))
        {
            throw new ArgumentOutOfRangeException(nameof(pooling), pooling, $"{pooling} is no function of the tokens' states alone. Use LanguageBackbone.Summary for what a family does.");
        }

        if (mask is not null && (mask.dtype != ScalarType.Bool || !mask.shape.AsSpan().SequenceEqual(states.shape.AsSpan(0, 2))))
        {
            throw new ArgumentException($"The mask must be bool of the shape {Printable.Shape(states.shape[..2])}; it is {mask.dtype} {Printable.Shape(mask.shape)}.", nameof(mask));
        }

        if (mask is not null && !HasOneEach(mask))
        {
            throw new ArgumentException("Every row of the mask needs at least one token that counts.", nameof(mask));
        }

        if (pooling == TextPooling.Attention != query is not null || (query is not null && (query.dim() != 1 || query.shape[0] != states.shape[2])))
        {
            throw new ArgumentException($"TextPooling.Attention needs a query of {states.shape[2]} features, all others none; {pooling} got {(query is null ? "none" : Printable.Shape(query.shape))}.", nameof(query));
        }
    }

    private static bool HasOneEach(Tensor mask)
    {
        using var scope = NewDisposeScope();
        return mask.any(1).all().item<bool>();
    }

    /// <summary>1 where a token counts, else 0, in int64.</summary>
    private static Tensor Counted(Tensor mask) => mask.to(ScalarType.Int64);

    /// <summary>Where a token does not count, for all its features.</summary>
    private static Tensor Out(Tensor mask) => mask.logical_not().unsqueeze(2);

    /// <summary>The sum of the states with a weight a token.</summary>
    private static Tensor Sum(Tensor states, Tensor? mask, Tensor weights) =>
        weights.to(states.dtype).unsqueeze(1).matmul(mask is null ? states : states.Masked(Out(mask), 0)).squeeze(1);

    /// <summary>The weight of each token, <c>[B, L]</c>, 0 where it does not count; float32, or float64 where the states are.</summary>
    private static Tensor Weights(Tensor states, Tensor? mask, TextPooling pooling, Tensor? query)
    {
        ScalarType type = states.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        if (pooling == TextPooling.Attention)
        {
            Tensor scores = states.matmul(query!).to(type).Over(Math.Sqrt(states.shape[2]));
            return (mask is null ? scores : scores.Masked(mask.logical_not(), double.NegativeInfinity)).softmax(1);
        }

        Tensor counted = (mask is null ? ones(states.shape[0], states.shape[1], device: states.device) : mask).to(type);
        Tensor count = counted.sum(1, keepdim: true);
        Tensor ranks = counted.cumsum(1).mul(counted);
        return pooling switch
        {
            TextPooling.Mean => counted.div(count),
            TextPooling.MeanSqrtLength => counted.div(count.sqrt()),
            _ => ranks.div(ranks.sum(1, keepdim: true)),
        };
    }
}
