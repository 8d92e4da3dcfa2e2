namespace MLNet.Dispersion.Models;

/// <summary>Checks the parts of a <see cref="TransformerSpec"/>.</summary>
internal static class SpecChecks
{
    internal static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new ArgumentException(message);
        }
    }

    internal static void Factors(params ReadOnlySpan<(double Value, string Name)> factors)
    {
        foreach (var (value, name) in factors)
        {
            Require(value > 0 && double.IsFinite(value), $"{name} is {value}; it must be a finite number above 0.");
        }
    }

    internal static void Probability(double? value, string name) => Require(value is null or (>= 0 and < 1), $"{name} is {value}; it must be at least 0 and below 1.");

    internal static void Kinds(params ReadOnlySpan<(Enum Value, string Name)> kinds)
    {
        foreach (var (value, name) in kinds)
        {
            Require(Enum.IsDefined(value.GetType(), value), $"{name} is {value}, which no piece implements. Known: {string.Join(", ", Enum.GetNames(value.GetType()))}.");
        }
    }

    internal static void Block(BlockSpec block, bool isCausal)
    {
        AttentionSpec attention = block.Attention;
        Factors(
            (block.BranchScale, "Block.BranchScale"),
            (attention.Scale ?? 1, "Attention.Scale"),
            (attention.ScoreCap ?? 1, "Attention.ScoreCap"),
            (attention.InputLimit ?? 1, "Attention.InputLimit"),
            (attention.Alibi?.Scale ?? 1, "Attention.Alibi.Scale"),
            (attention.Rotary?.Theta ?? 1, "Attention.Rotary.Theta"),
            (block.Norm.Epsilon, "Block.Norm.Epsilon"),
            (attention.HeadNorm?.Epsilon ?? 1, "Attention.HeadNorm.Epsilon"));
        Probability(block.Dropout, "Block.Dropout");
        Probability(attention.Dropout, "Attention.Dropout");
        Kinds(
            (block.Order, "Block.Order"),
            (attention.Storage, "Attention.Storage"),
            (attention.HeadNormScope, "Attention.HeadNormScope"),
            (block.Mlp.Activation, "Mlp.Activation"),
            (block.Norm.Kind, "Block.Norm.Kind"),
            (attention.HeadNorm?.Kind ?? default, "Attention.HeadNorm.Kind"));
        Require(attention.KeyHeadCount >= 1 && attention.HeadCount % attention.KeyHeadCount == 0, $"Attention.HeadCount is {attention.HeadCount}, which KeyHeadCount = {attention.KeyHeadCount} does not divide.");
        Require(attention.HeadSize >= 1, $"Attention.HeadSize is {attention.HeadSize}; it must be at least 1.");
        Require(attention.Window is null or >= 1, $"Attention.Window is {attention.Window}; it must be at least 1.");
        Require(
            attention.Rotary is not { } rotary || (rotary.Dimensions >= 2 && rotary.Dimensions <= attention.HeadSize && rotary.Dimensions % 2 == 0),
            $"Attention.Rotary.Dimensions is {attention.Rotary?.Dimensions}; it must be an even number from 2 to the {attention.HeadSize} features of a head.");
        Require(block.Mlp.InnerSize >= 1, $"Mlp.InnerSize is {block.Mlp.InnerSize}; it must be at least 1.");
        Require(!block.Mlp.IsFused || block.Mlp.IsGated, "Mlp.IsFused is true, and there is no gate to be stored with the other layer.");
        Require(!block.SkipsAttentionNorm || block.Order == BlockOrder.NormFirst, $"SkipsAttentionNorm needs the order {BlockOrder.NormFirst}; it is {block.Order}.");
        Require(!isCausal || attention.Relative is null, "A decoder has no learned relative positions yet.");
        Require(isCausal || attention.Alibi is null, "An encoder has no bias by distance of a fixed slope yet.");
        if (attention.Relative is BucketBias buckets)
        {
            Require(
                buckets.BucketCount >= 4 && buckets.BucketCount % 4 == 0 && buckets.LongestDistance > buckets.BucketCount / 4,
                $"Attention.Relative has {buckets.BucketCount} buckets up to the distance {buckets.LongestDistance}; there must be a multiple of 4, and the distance be above a quarter of them.");
        }
        else if (attention.Relative is DisentangledSpec { Span: var span, LogarithmicUpTo: var end })
        {
            Require(span >= 1 && (end is null || (span >= 2 && end > 1 + (span / 2))), $"Attention.Relative has a span of {span}, logarithmic up to {end}; the span must be at least 1, with a logarithm at least 2, and that up to more than half of it.");
        }
    }
}
