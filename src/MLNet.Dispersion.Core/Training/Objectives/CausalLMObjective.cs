using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Predicts the next token: cross-entropy of the logits at t against token t + 1, pads left out.</summary>
public sealed class CausalLMObjective : TrainingObjective
{
    /// <inheritdoc/>
    public override string Name => "causal language modelling";

    /// <inheritdoc/>
    public override double TargetWeight(TaskBatch batch) => CountTokens(batch.Tokens);

    /// <inheritdoc/>
    public override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
    {
        Tensor hidden = output.LastHiddenState.flatten(0, 1);
        Tensor targets = Targets(batch.Tokens, inputIds.device);
        Tensor sum = backbone.HeadWeight is { is_leaf: true } weight
            ? HeadCrossEntropy.Sum(hidden, weight, targets, backbone.ComputeType)
            : nn.functional.cross_entropy(backbone.Logits(hidden), targets, ignore_index: HeadCrossEntropy.Ignored, reduction: nn.Reduction.Sum);
        return new TaskLoss { Sum = sum };
    }

    /// <summary>Tokens that are predicted: all but each row's first.</summary>
    internal static long CountTokens(TokenBatch tokens) => tokens.TokenCount - tokens.Rows;

    /// <summary>What each position is to predict, row after row, <c>[B * L]</c>, int64; <see cref="HeadCrossEntropy.Ignored"/> after a row's last token.</summary>
    internal static Tensor Targets(TokenBatch tokens, Device device)
    {
        var targets = new long[tokens.InputIds.Length];
        Array.Fill(targets, HeadCrossEntropy.Ignored);
        for (int row = 0; row < tokens.Rows; row++)
        {
            int first = row * tokens.Columns;
            Array.Copy(tokens.InputIds, first + 1, targets, first, tokens.Lengths[row] - 1);
        }

        return tensor(targets, device: device);
    }
}
