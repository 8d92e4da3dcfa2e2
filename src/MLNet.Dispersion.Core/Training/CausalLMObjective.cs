using MLNet.Dispersion.Backbones;
using MLNet.Dispersion.Runtime;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Training;

/// <summary>Predict the next token: logits at t against token t + 1, pads left out.</summary>
internal sealed class CausalLMObjective : TrainingObjective
{
    private const long Ignored = -100;

    internal override TaskLoss Compute(CausalLMBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
    {
        long length = inputIds.shape[1];
        var hidden = output.LastHiddenState.narrow(1, 0, length - 1);
        var targets = inputIds.narrow(1, 1, length - 1);
        if (batch.Tokens.HasPadding)
        {
            var mask = batch.Tokens.AttentionMaskTensor(inputIds.device)!.narrow(1, 1, length - 1);
            targets = targets.Masked(mask.logical_not(), Ignored);
        }

        var logits = backbone.Logits(hidden).flatten(0, 1);
        var sum = nn.functional.cross_entropy(logits, targets.reshape(-1), ignore_index: Ignored, reduction: nn.Reduction.Sum);
        return new TaskLoss(sum);
    }
}
