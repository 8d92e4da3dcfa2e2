using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The teacher of a training run: reads in evaluation mode, without gradients, in a number type of its own. Its disposal frees it only where it was loaded here.</summary>
internal sealed class DistillationTeacher : IDisposable
{
    private readonly PretrainedLanguageModel _model;
    private readonly bool _owned;
    private readonly ScalarType _computeType;
    private readonly ForwardPass _pass;

    private DistillationTeacher(PretrainedLanguageModel model, bool owned, ScalarType computeType)
    {
        _model = model;
        _owned = owned;
        _computeType = computeType;
        _pass = new ForwardPass(model.Backbone, model.Device);
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
        var model = distillation.Teacher ?? PretrainedLanguageModel.Load(ModelSource.FromDirectory(distillation.TeacherDirectory!), new ModelLoadOptions { Device = student.Device });
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

    /// <summary>Reads what the student reads.</summary>
    internal BackboneOutput Read(TokenBatch tokens, HiddenStateSelection selection)
    {
        using var computing = _model.Backbone.Context.ComputeIn(_computeType);
        return _pass.Read(tokens, selection).States;
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

/// <summary>Whether a teacher can teach a student.</summary>
internal static class TeacherCheck
{
    /// <summary>Refuses options that ask for a teacher where there can be none.</summary>
    /// <param name="options">How to train.</param>
    /// <param name="task">What is trained.</param>
    /// <exception cref="ArgumentException">They ask for one.</exception>
    internal static void Refuse(FineTuneOptions options, string task)
    {
        if (options.Distillation is { IsActive: true })
        {
            throw new ArgumentException($"FineTuneOptions.Distillation is set, but {task} learns from no teacher: distillation is for causal-LM training. Distil the backbone first with LanguageModelTrainer.Train, or set Distillation to null.", nameof(options));
        }
    }

    /// <summary>Compares vocabularies, contexts and devices.</summary>
    /// <exception cref="ArgumentException">They do not fit; the message names both sides and the cure.</exception>
    internal static void Run(PretrainedLanguageModel teacher, PretrainedLanguageModel student, IReadOnlyList<int[]> blocks)
    {
        Require(!ReferenceEquals(teacher.Backbone, student.Backbone), $"The teacher '{teacher.Name}' is the model that is trained itself. Load it a second time, or take another.");
        teacher.RequireCausal("Distillation");
        var (size, own) = (teacher.Backbone.Info.VocabularySize, student.Backbone.Info.VocabularySize);
        Require(size == own, $"The teacher '{teacher.Name}' has a vocabulary of {size} tokens, the model '{student.Name}' one of {own}: their predictions cannot be compared. Take a teacher of the same family, with the same tokenizer.");
        CompareTokens(teacher, student);
        int longest = Enumerable.Range(0, blocks.Count).Max(block => StoredRows.LengthOf(blocks, block));
        int context = teacher.Backbone.Info.ContextLength;
        Require(longest <= context, $"The teacher '{teacher.Name}' reads at most {context} tokens, but there are blocks of {longest}. Cut the text into blocks of at most {context} tokens, or take a teacher of a longer context.");
        Require(teacher.Device.ToString() == student.Device.ToString(), $"The teacher '{teacher.Name}' is on {teacher.Device}, the model '{student.Name}' on {student.Device}. Load both on the same device, or name the teacher by its directory.");
        Require(student.Backbone.HeadWeight is { is_leaf: true }, $"The head of '{student.Name}' ({student.Backbone.Info.ModelType}) is no plain matrix of weights, which distillation needs. Override LanguageBackbone.HeadWeight, or train without a teacher.");
    }

    private static void CompareTokens(PretrainedLanguageModel teacher, PretrainedLanguageModel student)
    {
        if (!teacher.HasTokenizer || !student.HasTokenizer)
        {
            return;
        }

        TextTokenizer theirs = teacher.Tokenizer;
        TextTokenizer ours = student.Tokenizer;
        int size = Math.Max(theirs.VocabularySize, ours.VocabularySize);
        for (int id = 0; id < size; id++)
        {
            string? their = Text(theirs, id);
            string? our = Text(ours, id);
            Require(their == our || SameInVocabularies(theirs, ours, id), $"The tokenizers differ: token {id} is {Quoted(their)} to the teacher '{teacher.Name}' ({theirs.VocabularySize} tokens) and {Quoted(our)} to the model '{student.Name}' ({ours.VocabularySize} tokens). Take a teacher of the same family, with the same tokenizer.");
        }
    }

    /// <summary>Says whether both vocabularies spell the token alike: a saved model's files name a token for padding, which then decodes to nothing, and a model in memory may not.</summary>
    private static bool SameInVocabularies(TextTokenizer theirs, TextTokenizer ours, int id) =>
        theirs is PipelineTokenizer one && ours is PipelineTokenizer other && one.TokenOf(id) is { } text && text == other.TokenOf(id);

    private static string? Text(TextTokenizer tokenizer, int id)
    {
        try
        {
            return tokenizer.Decode([id]);
        }
        catch (ArgumentOutOfRangeException)
        {
            // A gap in the vocabulary.
            return null;
        }
    }

    private static string Quoted(string? token) => token is null ? "unknown" : $"'{Printable.Name(token)}'";

    private static void Require(bool good, string message)
    {
        if (!good)
        {
            throw new ArgumentException(message);
        }
    }
}
