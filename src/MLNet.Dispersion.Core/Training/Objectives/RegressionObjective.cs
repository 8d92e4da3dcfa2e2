using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Predict a number from the backbone's summary of each row: squared error.</summary>
internal sealed class RegressionObjective(ScoreHead head) : TrainingObjective
{
    internal override IReadOnlyList<Parameter> HeadParameters => [head.Weight];

    internal override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
    {
        Tensor predicted = head.Outputs(backbone.Summary(output.LastHiddenState, batch.Tokens.Lengths)).squeeze(1);
        Tensor values = tensor(batch.Values, device: inputIds.device);
        return new TaskLoss(nn.functional.mse_loss(predicted, values, nn.Reduction.Sum));
    }
}
