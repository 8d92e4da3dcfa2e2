using MLNet.Dispersion.Backbones;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Training;

/// <summary>Predict a number from the hidden state of each row's last real token: squared error.</summary>
internal sealed class RegressionObjective(ScoreHead head) : TrainingObjective
{
    internal override IReadOnlyList<Parameter> HeadParameters => [head.Weight];

    internal override TaskLoss Compute(CausalLMBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
    {
        Tensor predicted = head.Outputs(output.LastHiddenState, batch.Tokens.Lengths).squeeze(1);
        Tensor values = tensor(batch.Values, device: inputIds.device);
        return new TaskLoss(nn.functional.mse_loss(predicted, values, nn.Reduction.Sum));
    }
}
