using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Predict a class from the backbone's summary of each row.</summary>
internal sealed class ClassificationObjective : TrainingObjective
{
    private readonly ScoreHead _head;

    internal ClassificationObjective(ScoreHead head) => _head = head;

    internal override IReadOnlyList<Parameter> HeadParameters => [_head.Weight];

    internal override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
    {
        var logits = _head.Outputs(backbone.Summary(output.LastHiddenState, batch.Tokens.Lengths));
        var labels = tensor(batch.Labels, device: inputIds.device);
        var sum = nn.functional.cross_entropy(logits, labels, reduction: nn.Reduction.Sum);
        var correct = logits.detach().argmax(1).eq(labels).sum();
        return new TaskLoss(sum, correct);
    }
}
