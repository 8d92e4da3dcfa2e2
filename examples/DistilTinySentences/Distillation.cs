using System.Diagnostics;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Examples.DistilTinySentences;

/// <summary>Teacher and books in, checkpoint and its record out.</summary>
internal sealed class Distillation(Recipe recipe, string teacherDirectory, string lessonsFile, string outputDirectory, string? startDirectory = null)
{
    private const int TellEvery = 50;
    private const int SaveEvery = 500;
    private const int KeepEvery = 250;

    /// <summary>Runs it all.</summary>
    public void Run(string booksFile, IReadOnlyList<string> excluded, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        using var teacher = new Teacher(teacherDirectory);
        string[] words = [.. Enumerable.Range(0, teacher.Vocabulary).Select(id => teacher.Tokenizer.Decode([id])).Where(word => word.Length > 1 && word.All(char.IsAsciiLetterLower))];
        var (texts, sources) = new Corpus(recipe.Seed).Draw(booksFile, excluded, words, recipe.Sentences);
        Console.WriteLine(FormattableString.Invariant($"{texts.Length:N0} texts ({clock.Elapsed:mm\\:ss})"));
        Lesson[] lessons = teacher.Read(texts, new LessonFile(lessonsFile, FormattableString.Invariant($"{texts.Length} texts of seed {recipe.Seed}, {Recipe.Features} features")), cancellationToken);
        Console.WriteLine(FormattableString.Invariant($"the teacher's states are read, {teacher.Kept:P1} of their squared norm ({clock.Elapsed:hh\\:mm\\:ss})"));
        (Lesson[] heldOut, Lesson[] training) = (lessons[..recipe.HeldOut], lessons[recipe.HeldOut..]);

        using PretrainedLanguageModel student = startDirectory is null ? NewStudent(teacher, training) : PretrainedLanguageModel.Load(ModelSource.FromDirectory(startDirectory));
        double before = Cosine(student, heldOut);
        Console.WriteLine(FormattableString.Invariant($"before: held-out cosine {before:0.0000}"));
        Teach(student, training, heldOut, cancellationToken);
        double after = Cosine(student, heldOut);
        Save(student);
        string card = Path.Combine(outputDirectory, "..", "TRAINING.md");
        long tokens = training.Sum(lesson => (long)lesson.Ids.Length);
        if (startDirectory is null)
        {
            File.WriteAllText(card, TrainingCard.Write(recipe, student, sources, before, after, teacher.Kept, tokens, clock.Elapsed, excluded.Count > 0));
        }
        else
        {
            File.AppendAllText(card, TrainingCard.WriteMore(recipe, before, after, tokens, excluded.Count > 0));
        }

        Console.WriteLine(FormattableString.Invariant($"after: held-out cosine {after:0.0000} ({clock.Elapsed:hh\\:mm\\:ss})"));
    }

    private PretrainedLanguageModel NewStudent(Teacher teacher, Lesson[] lessons)
    {
        using Tensor first = FirstEmbeddings(teacher, lessons);
        return Student.Create(teacherDirectory, first, recipe.Seed);
    }

    /// <summary>What a token means on average, where a text has it, and alone where none has.</summary>
    private static Tensor FirstEmbeddings(Teacher teacher, Lesson[] lessons)
    {
        using var scope = NewDisposeScope();
        var sums = new float[teacher.Vocabulary, Recipe.Features];
        var counts = new int[teacher.Vocabulary];
        foreach (Lesson lesson in lessons)
        {
            for (int token = 0; token < lesson.Ids.Length; token++)
            {
                counts[lesson.Ids[token]]++;
                for (int feature = 0; feature < Recipe.Features; feature++)
                {
                    sums[lesson.Ids[token], feature] += (float)lesson.States[(token * Recipe.Features) + feature];
                }
            }
        }

        Tensor means = tensor(sums).div(tensor(counts.Select(count => (float)Math.Max(1, count)).ToArray()).unsqueeze(1));
        foreach (int[] unseen in Enumerable.Range(0, counts.Length).Where(id => counts[id] == 0).Chunk(1024))
        {
            means.index_copy_(0, tensor(unseen.Select(id => (long)id).ToArray()), teacher.Alone(unseen));
        }

        return means.MoveToOuterDisposeScope();
    }

    private static (Tensor Ids, Tensor Target) Batch(IReadOnlyList<Lesson> lessons)
    {
        Tensor ids = Batches.Ids(lessons.Select(lesson => lesson.Ids));
        return (ids, tensor([.. lessons.SelectMany(lesson => lesson.States)], [lessons.Count, ids.shape[1], Recipe.Features]).to_type(ScalarType.Float32));
    }

    private static Tensor TextCosine(Tensor states, Tensor target) => nn.functional.cosine_similarity(states.mean([1]), target.mean([1]), dim: 1);

    private static double Cosine(PretrainedLanguageModel student, Lesson[] heldOut)
    {
        using var noGrad = no_grad();
        student.Backbone.eval();
        double sum = 0;
        foreach (int[] batch in Batches.Of([.. heldOut.Select(lesson => lesson.Ids)], Recipe.TokensPerStep, random: null))
        {
            using var scope = NewDisposeScope();
            (Tensor ids, Tensor target) = Batch([.. batch.Select(place => heldOut[place])]);
            sum += TextCosine(student.Backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState, target).sum().item<float>();
        }

        return sum / heldOut.Length;
    }

    private void Teach(PretrainedLanguageModel student, Lesson[] lessons, Lesson[] heldOut, CancellationToken cancellationToken)
    {
        // Dropout stays off: the teacher's states are exact, and a student this small does not overfit them.
        student.Backbone.eval();
        var parameters = student.Backbone.named_parameters().ToArray();
        foreach (var (_, parameter) in parameters)
        {
            parameter.requires_grad_(true);
        }

        bool IsEmbedding((string name, TorchSharp.Modules.Parameter parameter) one) => one.name.Contains("embeddings", StringComparison.Ordinal);
        (TorchSharp.Modules.OptimizerHelper Optimizer, double Rate)[] optimizers =
        [
            (optim.AdamW(parameters.Where(IsEmbedding).Select(one => one.parameter), recipe.EmbeddingRate, weight_decay: 0), recipe.EmbeddingRate),
            (optim.AdamW(parameters.Where(one => !IsEmbedding(one)).Select(one => one.parameter), recipe.LearningRate, weight_decay: 0.01), recipe.LearningRate),
        ];
        var random = new Random(recipe.Seed);
        var clock = Stopwatch.StartNew();
        double loss = 0, cosine = 0;
        int step = 0;
        var kept = new TrainingProgressFolder(lessonsFile + ".progress", recipe.ToString());
        TorchSharp.Modules.OptimizerHelper[] all = [.. optimizers.Select(one => one.Optimizer)];
        int done = kept.Resume(student.Backbone, all);
        if (done > 0)
        {
            Console.WriteLine(FormattableString.Invariant($"goes on behind step {done}"));
        }
        while (step < recipe.Steps)
        {
            foreach (int[] batch in Batches.Of([.. lessons.Select(lesson => lesson.Ids)], Recipe.TokensPerStep, random).TakeWhile(_ => step < recipe.Steps))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (++step <= done)
                {
                    // Passed over, so that the rest comes in the order in which it would have come.
                    continue;
                }

                double factor = Math.Min((step + 1.0) / (recipe.WarmupSteps + 1), (recipe.Steps - step + 1.0) / (recipe.Steps - recipe.WarmupSteps));
                foreach (var (optimizer, rate) in optimizers)
                {
                    optimizer.ParamGroups.Single().LearningRate = rate * factor;
                    optimizer.zero_grad();
                }

                using var scope = NewDisposeScope();
                (Tensor ids, Tensor target) = Batch([.. batch.Select(place => lessons[place])]);
                Tensor states = student.Backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState;
                Tensor direction = TextCosine(states, target).mean();
                Tensor error = nn.functional.mse_loss(states, target).add(direction.neg().add(1).mul(recipe.TextWeight));
                error.backward();
                nn.utils.clip_grad_norm_(parameters.Select(one => one.parameter), 1);
                Array.ForEach(all, one => one.step());
                (loss, cosine) = (loss + error.item<float>(), cosine + direction.item<float>());
                if (step % TellEvery == 0)
                {
                    Console.WriteLine(FormattableString.Invariant($"step {step,6}/{recipe.Steps}  loss {loss / TellEvery:0.0000}  cosine {cosine / TellEvery:0.0000}  elapsed {clock.Elapsed:hh\\:mm\\:ss}  left {clock.Elapsed * ((recipe.Steps - step) / (double)(step - done)):hh\\:mm\\:ss}"));
                    (loss, cosine) = (0, 0);
                }

                if (step % KeepEvery == 0)
                {
                    kept.Save(step, student.Backbone, all);
                }

                if (step % SaveEvery == 0)
                {
                    Save(student);
                    Console.WriteLine(FormattableString.Invariant($"held-out cosine {Cosine(student, heldOut):0.0000}"));
                }
            }
        }

        Array.ForEach(all, one => one.Dispose());
        kept.Clear();
    }

    private void Save(PretrainedLanguageModel student) => student.Save(outputDirectory, new ModelSaveOptions { Type = ScalarType.Float16, Pooling = TextPooling.Mean, Normalize = true });
}
