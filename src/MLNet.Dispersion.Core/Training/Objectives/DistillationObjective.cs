using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Predicts the next token, and what a teacher predicts of it. The owner disposes it.</summary>
internal sealed class DistillationObjective : TrainingObjective, IDisposable
{
    private readonly CausalLMObjective _task = new();
    private readonly DistillationTeacher _teacher;
    private readonly DistillationOptions _options;
    private readonly HiddenStateSelection _taughtStates;
    private readonly int _layers;
    private readonly Parameter? _projection;

    internal DistillationObjective(DistillationTeacher teacher, BackboneInfo student, DistillationOptions options, int seed, Device device)
    {
        _teacher = teacher;
        _options = options;
        _layers = student.LayerCount;
        bool statesToo = options.HiddenStateWeight > 0;
        _taughtStates = statesToo
            ? HiddenStateSelection.Of(Enumerable.Range(1, _layers).Select(layer => HiddenStateDistance.TeacherLayer(layer, _layers, teacher.Info.LayerCount)))
            : HiddenStateSelection.None;
        _projection = statesToo && student.HiddenSize != teacher.Info.HiddenSize ? Draw(teacher.Info.HiddenSize, student.HiddenSize, seed, device) : null;
    }

    /// <inheritdoc/>
    public override string Name => "distillation";

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> HeadParameters => _projection is null ? [] : [_projection];

    /// <inheritdoc/>
    public override IEnumerable<int> HiddenStates => _options.HiddenStateWeight > 0 ? Enumerable.Range(1, _layers) : [];

    /// <inheritdoc/>
    public override TrainingObjective ForValidation => _task;

    /// <inheritdoc/>
    public override double TargetWeight(TaskBatch batch) => CausalLMObjective.CountTokens(batch.Tokens);

    /// <inheritdoc/>
    /// <remarks>It has the teacher that they may ask for.</remarks>
    public override void CheckOptions(FineTuneOptions options) => LabelSmoothing.Refuse(options, Name);

    /// <inheritdoc/>
    public override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
    {
        Tensor targets = CausalLMObjective.Targets(batch.Tokens, inputIds.device);
        BackboneOutput taught = _teacher.Read(batch.Tokens, _taughtStates);
        var sums = new DistillationSums();
        Tensor sum = Predictions(backbone, output, taught, targets, sums);
        if (_options.HiddenStateWeight > 0)
        {
            using Tensor ignored = tensor(HeadCrossEntropy.Ignored, device: inputIds.device);
            Tensor distance = HiddenStateDistance.Sum(output.HiddenStates, taught.HiddenStates, _projection, targets.ne(ignored).view(inputIds.shape));
            sums.HiddenStates = distance.item<float>();
            sum = sum.Plus(distance.Times(_options.HiddenStateWeight));
        }

        return new TaskLoss { Sum = sum, Own = tensor(sums.CrossEntropy), Figures = Named(sums) };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _projection?.Dispose();
        _teacher.Dispose();
    }

    private static Dictionary<string, Tensor> Named(DistillationSums sums)
    {
        var figures = new Dictionary<string, Tensor>();
        if (sums.Divergence is { } divergence)
        {
            figures.Add(TrainingFigures.Distillation, tensor(divergence));
        }

        if (sums.HiddenStates is { } distance)
        {
            figures.Add(TrainingFigures.HiddenStateDistillation, tensor(distance));
        }

        return figures;
    }

    private Tensor Predictions(LanguageBackbone backbone, BackboneOutput output, BackboneOutput taught, Tensor targets, DistillationSums sums)
    {
        Tensor hidden = output.LastHiddenState.flatten(0, 1);
        if (_options.MixingWeight > 0)
        {
            var mixture = new DistillationMixture(_options.Temperature, _options.MixingWeight);
            return HeadDistillation.Sum(hidden, backbone.HeadWeight!, taught.LastHiddenState.flatten(0, 1), _teacher.Logits, targets, mixture, backbone.ComputeType, sums);
        }

        Tensor sum = HeadCrossEntropy.Sum(hidden, backbone.HeadWeight!, targets, backbone.ComputeType);
        sums.CrossEntropy = sum.item<float>();
        return sum;
    }

    private static Parameter Draw(long outputs, long inputs, int seed, Device device)
    {
        using var scope = NewDisposeScope();
        using Generator generator = SeedStream.TorchGenerator(seed, SeedStream.DistillationProjection, CPU);
        Tensor values = empty(outputs, inputs).normal_(0, 1 / Math.Sqrt(inputs), generator).to(device);
        var parameter = new Parameter(values);
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}

/// <summary>How far a student's hidden states point away from a teacher's.</summary>
internal static class HiddenStateDistance
{
    /// <summary>Keeps a state of length 0 from a division by 0.</summary>
    private const double LeastSquare = 1e-24;

    /// <summary>The teacher's hidden state that a student's learns from: the same relative depth.</summary>
    /// <param name="layer">The student's, 1..N.</param>
    /// <param name="layers">The student's blocks (N).</param>
    /// <param name="teacherLayers">The teacher's blocks (M).</param>
    internal static int TeacherLayer(int layer, int layers, int teacherLayers) =>
        Math.Max(1, (int)Math.Round((double)layer * teacherLayers / layers, MidpointRounding.AwayFromZero));

    /// <summary>1 - cosine, summed over the counted positions, averaged over blocks 1..N: a scalar with a gradient.</summary>
    /// <param name="states">The student's hidden states 0..N, each <c>[B, L, F]</c>; 0 is not looked at.</param>
    /// <param name="taught">The teacher's hidden states 0..M, each <c>[B, L, G]</c>.</param>
    /// <param name="projection">From the student's width to the teacher's, <c>[G, F]</c>; null where they are equal.</param>
    /// <param name="counted">Which positions count, <c>[B, L]</c>, bool.</param>
    internal static Tensor Sum(IReadOnlyList<Tensor?> states, IReadOnlyList<Tensor?> taught, Tensor? projection, Tensor counted)
    {
        using var scope = NewDisposeScope();
        int layers = states.Count - 1;
        var parts = new List<Tensor>(layers);
        for (int layer = 1; layer <= layers; layer++)
        {
            Tensor own = projection is null ? states[layer]! : nn.functional.linear(states[layer]!, projection);
            Tensor other = taught[TeacherLayer(layer, layers, taught.Count - 1)]!;
            Tensor lengths = own.Squared().sum(2).AtLeast(LeastSquare).mul(other.Squared().sum(2).AtLeast(LeastSquare)).sqrt();
            Tensor cosines = own.mul(other).sum(2).div(lengths);
            parts.Add(ones_like(cosines).sub(cosines).mul(counted).sum());
        }

        return stack(parts).mean().MoveToOuterDisposeScope();
    }
}
