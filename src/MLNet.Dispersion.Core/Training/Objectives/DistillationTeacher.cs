using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The teacher of a training run: reads in evaluation mode, without gradients, in a number type of its own. Its disposal frees it only where it was loaded here.</summary>
internal sealed class DistillationTeacher : IDisposable
{
    private readonly PretrainedLanguageModel _model;
    private readonly bool _owned;
    private readonly ScalarType _computeType;

    private DistillationTeacher(PretrainedLanguageModel model, bool owned, ScalarType computeType)
    {
        _model = model;
        _owned = owned;
        _computeType = computeType;
    }

    internal BackboneInfo Info => _model.Backbone.Info;

    /// <summary>Takes or loads the teacher and checks that it fits.</summary>
    /// <param name="student">Whom it teaches.</param>
    /// <param name="blocks">What both are going to read.</param>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">It does not fit.</exception>
    /// <exception cref="ModelFileException">Its checkpoint is missing or damaged.</exception>
    internal static DistillationTeacher Open(PretrainedLanguageModel student, IReadOnlyList<int[]> blocks, FineTuneOptions options)
    {
        DistillationOptions distillation = options.Distillation!;
        ScalarType computeType = PrecisionResolver.ComputeType(distillation.TeacherPrecision ?? options.Precision, student.Device);
        var model = distillation.Teacher ?? PretrainedLanguageModel.Load(ModelSource.FromDirectory(distillation.TeacherDirectory!), student.Device);
        var teacher = new DistillationTeacher(model, owned: distillation.Teacher is null, computeType);
        try
        {
            TeacherCheck.Run(model, student, blocks);
            return teacher;
        }
        catch
        {
            teacher.Dispose();
            throw;
        }
    }

    /// <summary>A forward pass.</summary>
    internal BackboneOutput Read(Tensor inputIds, Tensor? mask, HiddenStateSelection selection)
    {
        using var noGradient = no_grad();
        using var mode = new EvaluationMode(_model.Backbone);
        using var computing = _model.Backbone.Context.ComputeIn(_computeType);
        return _model.Backbone.Forward(inputIds, mask, selection);
    }

    /// <summary>Logits <c>[n, V]</c>, float32, of final hidden states <c>[n, G]</c>.</summary>
    internal Tensor Logits(Tensor states)
    {
        using var noGradient = no_grad();
        using var computing = _model.Backbone.Context.ComputeIn(_computeType);
        return _model.Backbone.Logits(states);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_owned)
        {
            _model.Dispose();
        }
    }
}
