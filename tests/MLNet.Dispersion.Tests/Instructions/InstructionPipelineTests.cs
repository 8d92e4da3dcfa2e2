using Microsoft.ML;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Instructions;

/// <summary>The table of tasks for instructions and preferences: fit, evaluate, cross-validate, save, load, engine, LoRA, causal backbones.</summary>
public sealed class InstructionPipelineTests
{
    private const string Template = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}";
    private readonly MLContext _ml = new(seed: 1);

    [Theory]
    [InlineData(InstructionPacking.None)]
    [InlineData(InstructionPacking.BestFit)]
    public void Fit_EvaluateAndSave_AnswersAsItLearntAndTheSameAfterLoading(InstructionPacking packing)
    {
        IDataView data = _ml.Data.LoadFromEnumerable(InstructionRow.Rows(48));
        FineTuneInstructionsOptions options = Options(epochs: packing == InstructionPacking.None ? 12 : 60);
        options.Instructions.Packing = packing;
        using FineTuneInstructionsWithDispersionTransformer model = _ml.Transforms.Text.FineTuneInstructionsWithDispersion(options).Fit(data);

        InstructionMetrics metrics = _ml.EvaluateInstructions(model.Transform(data));

        Assert.True(metrics.TokenAccuracy > 0.9, $"token accuracy is {metrics.TokenAccuracy}, perplexity {metrics.Perplexity}");
        Assert.InRange(metrics.Perplexity, 1, 2);
        Assert.Equal(InstructionRow.Rows(3).Select(row => row.Completion.Trim()), Answers(model, InstructionRow.Rows(3)).Select(row => row.Answer.Trim()));
        Assert.Equal([0, model.TrainingResult!.Steps], model.GeometryHistory.Select(snapshot => snapshot.Step));
        using var zip = new MemoryStream();
        _ml.Model.Save(model, data.Schema, zip);
        var other = new MLContext(seed: 2);
        using var loaded = Assert.IsType<FineTuneInstructionsWithDispersionTransformer>(other.Model.Load(zip, out _));
        Assert.Equal(Lines(Answers(model, InstructionRow.Rows(6))), Lines(Answers(loaded, InstructionRow.Rows(6))));
        Assert.Equal(2, loaded.GeometryHistory.Count);
        using var engine = other.Model.CreatePredictionEngine<PromptRow, AnswerRow>(loaded, new PredictionEngineOptions { OwnsTransformer = false });
        AnswerRow answered = engine.Predict(new PromptRow { Prompt = "dog" });
        Assert.Equal(("blue", 0), (answered.Answer.Trim(), answered.TokenCount));
    }

    [Fact]
    public void Fit_RolesContentsAndJson_LearnTheSame()
    {
        List<InstructionRow> rows = InstructionRow.Rows(12);
        FineTuneInstructionsOptions roles = Options(epochs: 1), json = Options(epochs: 1), columns = Options(epochs: 1);
        (roles.RolesColumnName, roles.ContentsColumnName, json.JsonColumnName, columns.AsChat) = ("Roles", "Contents", "Json", true);
        IDataView messages = _ml.Data.LoadFromEnumerable(rows.Select(row => new MessagesRow { Roles = ["user", "assistant"], Contents = [row.Prompt, row.Completion] }));
        IDataView lines = _ml.Data.LoadFromEnumerable(rows.Select(row => new JsonRow { Json = row.Json() }));
        foreach (FineTuneInstructionsOptions options in (FineTuneInstructionsOptions[])[roles, json, columns])
        {
            options.Instructions.ChatTemplate = Template;
        }

        using var first = _ml.Transforms.Text.FineTuneInstructionsWithDispersion(roles).Fit(messages);
        using var second = _ml.Transforms.Text.FineTuneInstructionsWithDispersion(json).Fit(lines);
        using var third = _ml.Transforms.Text.FineTuneInstructionsWithDispersion(columns).Fit(_ml.Data.LoadFromEnumerable(rows));

        double[] losses = [.. first.TrainingResult!.History.Select(step => step.TaskLoss)];
        Assert.Equal(losses, second.TrainingResult!.History.Select(step => step.TaskLoss));
        Assert.Equal(losses, third.TrainingResult!.History.Select(step => step.TaskLoss), (a, b) => Math.Abs(a - b) < 1e-5);
        Assert.Equal(Lines(Read(first.Transform(messages))), Lines(Read(second.Transform(lines))));
        Assert.All(Read(first.Transform(messages)), row => Assert.True(row.TokenCount > 0));
    }

    [Fact]
    public void CrossValidate_TwoFolds_GivesMetricsOfBoth()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(InstructionRow.Rows(24));

        var folds = _ml.CrossValidateInstructions(data, _ml.Transforms.Text.FineTuneInstructionsWithDispersion(Options(epochs: 1)), folds: 2);

        Assert.Equal([0, 1], folds.Select(fold => fold.Fold));
        foreach (var fold in folds)
        {
            Assert.InRange(fold.Metrics.TokenAccuracy, 0, 1);
            ((IDisposable)fold.Model).Dispose();
        }
    }

    [Theory]
    [InlineData(AdapterSaving.Everything)]
    [InlineData(AdapterSaving.AdapterOnly)]
    public void Fit_WithAnAdapter_AnswersTheSameAfterLoading(AdapterSaving saving)
    {
        IDataView data = _ml.Data.LoadFromEnumerable(InstructionRow.Rows(12));
        FineTuneInstructionsOptions options = Options(epochs: 2);
        options.Training.Lora = new LoraOptions { Rank = 2, Saving = saving };
        using var model = _ml.Transforms.Text.FineTuneInstructionsWithDispersion(options).Fit(data);
        using var zip = new MemoryStream();
        _ml.Model.Save(model, data.Schema, zip);

        using var loaded = (FineTuneInstructionsWithDispersionTransformer)new MLContext().Model.Load(zip, out _);

        Assert.Equal(Lines(Answers(model, InstructionRow.Rows(3))), Lines(Answers(loaded, InstructionRow.Rows(3))));
    }

    [Fact]
    public void Fit_Preferences_RaisesTheBetterAnswersOverTheOthers()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(InstructionRow.Rows(24));
        var options = new FineTunePreferencesOptions
        {
            Backbone = TinyBackbone.Backbone,
            ChosenColumnName = "Completion",
            RejectedColumnName = "Other",
            Training = Tuning.Options(epochs: 6),
            Generation = { MaxNewTokens = 6 },
        };
        options.Training.LearningRate = 1e-3;
        FineTunePreferencesWithDispersionEstimator estimator = _ml.Transforms.Text.FineTunePreferencesWithDispersion(options);
        using var model = estimator.Fit(data);

        IReadOnlyDictionary<string, double> last = model.TrainingResult!.History[^1].Figures;
        Assert.Equal(1, last[TrainingFigures.Accuracy]);
        Assert.True(last[TrainingFigures.ChosenReward] > last[TrainingFigures.RejectedReward]);
        Assert.Equal(FineTuneTask.Preferences, estimator.Columns.Task);
        using var zip = new MemoryStream();
        _ml.Model.Save(model, data.Schema, zip);
        using var loaded = (FineTuneInstructionsWithDispersionTransformer)new MLContext().Model.Load(zip, out _);
        Assert.Equal(Lines(Answers(model, InstructionRow.Rows(3))), Lines(Answers(loaded, InstructionRow.Rows(3))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Fit_Previous_GoesOnFromItAndFromItsZip(bool lora)
    {
        List<InstructionRow> rows = InstructionRow.Rows(24);
        FineTuneInstructionsOptions options = Options(epochs: 4);
        options.Training.Lora = lora ? new LoraOptions { Rank = 4 } : null;
        IDataView data = _ml.Data.LoadFromEnumerable(rows);
        FineTuneInstructionsWithDispersionEstimator estimator = _ml.Transforms.Text.FineTuneInstructionsWithDispersion(options);
        using var first = estimator.Fit(data);
        double reached = _ml.EvaluateInstructions(first.Transform(data)).MeanNegativeLogLikelihood;

        using var second = estimator.Fit(data, first);

        Assert.Equal(reached, second.TrainingResult!.History.Take(3).Average(step => step.TaskLoss), 0.6);
        Assert.True(second.TrainingResult.History[0].TaskLoss < first.TrainingResult!.History[0].TaskLoss);
        Assert.True(_ml.EvaluateInstructions(second.Transform(data)).MeanNegativeLogLikelihood < reached);
        Assert.Equal(reached, _ml.EvaluateInstructions(first.Transform(data)).MeanNegativeLogLikelihood, 1e-9);
        using var zip = new TemporaryFile();
        _ml.Model.Save(first, data.Schema, zip.Path);
        options.Backbone = ModelSource.FromModelZip(zip.Path);
        using var third = _ml.Transforms.Text.FineTuneInstructionsWithDispersion(options).Fit(data);
        Assert.Equal(second.TrainingResult.History.Select(step => step.TaskLoss), third.TrainingResult!.History.Select(step => step.TaskLoss));
        Assert.Contains("no model", Assert.Throws<ModelFileException>(() => ModelSource.FromModelZip(EmptyZip(zip.Path))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(InstructionPacking.None)]
    [InlineData(InstructionPacking.BestFit)]
    public void Fit_ValidationSet_ChoosesByItAndTrainsOnTheRestAlone(InstructionPacking packing)
    {
        IDataView data = _ml.Data.LoadFromEnumerable(InstructionRow.Rows(24)), held = _ml.Data.LoadFromEnumerable(InstructionRow.Rows(6));
        FineTuneInstructionsOptions options = Options(epochs: 3);
        (options.Instructions.Packing, options.Training.BestBy, options.Training.EarlyStoppingPatience) = (packing, TrainingFigures.Accuracy, null);
        FineTuneInstructionsWithDispersionEstimator estimator = _ml.Transforms.Text.FineTuneInstructionsWithDispersion(options);
        using var with = estimator.Fit(data, held);
        options.Training.BestBy = null;
        using var without = _ml.Transforms.Text.FineTuneInstructionsWithDispersion(options).Fit(data);

        Assert.Equal(6, with.TrainingResult!.HeldOutRows.Count);
        Assert.Equal(without.TrainingResult!.History.Select(step => step.TaskLoss), with.TrainingResult.History.Select(step => step.TaskLoss), (a, b) => Math.Abs(a - b) < 1e-5);
        TrainingProgress[] epochs = [.. with.TrainingResult.History.Where(step => step.ValidationAccuracy is not null)];
        Assert.Equal(3, epochs.Length);
        Assert.Equal(epochs.First(step => step.ValidationAccuracy == epochs.Max(other => other.ValidationAccuracy)).Epoch, with.TrainingResult.BestEpoch);
        Assert.Equal(epochs[with.TrainingResult.BestEpoch!.Value - 1].ValidationAccuracy!.Value, _ml.EvaluateInstructions(with.Transform(held)).TokenAccuracy, 1e-6);
    }

    private static string EmptyZip(string path)
    {
        File.Delete(path);
        System.IO.Compression.ZipFile.CreateFromDirectory(Directory.CreateTempSubdirectory().FullName, path);
        return path;
    }

    [Fact]
    public void Fit_DispersionWeightsAndSeed_ChangeOrKeepTheModel()
    {
        List<InstructionRow> rows = InstructionRow.Rows(12);
        double[] plain = Losses(rows, Options(epochs: 3));
        Assert.Equal(plain, Losses(rows, Options(epochs: 3)));
        FineTuneInstructionsOptions weighted = Options(epochs: 3), dispersed = Options(epochs: 3);
        weighted.ExampleWeightColumnName = "Weight";
        dispersed.Training.Dispersion.Coefficient = 0.5;
        Assert.Equal(plain, Losses(rows, weighted), (a, b) => Math.Abs(a - b) < 1e-5);
        rows[0].Weight = 5;
        Assert.NotEqual(plain[^1], Losses(rows, weighted)[^1], 1e-5);
        Assert.NotEqual(plain[^1], Losses(rows, dispersed)[^1], 1e-7);
    }

    [Fact]
    public void Fit_WhatCannotBeLearnt_NamesRowAndCure()
    {
        List<InstructionRow> rows = InstructionRow.Rows(6);
        rows[4].Completion = "";
        Assert.Contains("Row 4 (from 0): the text or completion is empty", Refusal(() => Fit(rows, Options(epochs: 1))), StringComparison.Ordinal);
        FineTuneInstructionsOptions weighted = Options(epochs: 1);
        weighted.ExampleWeightColumnName = "Weight";
        rows = InstructionRow.Rows(6);
        rows[2].Weight = -1;
        Assert.Contains("Row 2 has weight -1", Refusal(() => Fit(rows, weighted)), StringComparison.Ordinal);
        rows.ForEach(row => row.Weight = 0);
        Assert.Contains("weight 0", Refusal(() => Fit(rows, weighted)), StringComparison.Ordinal);
        Assert.Contains("it has no rows", Refusal(() => Fit([], Options(epochs: 1))), StringComparison.Ordinal);
        FineTuneInstructionsOptions few = Options(epochs: 1);
        few.Training.MaxSequenceLength = 2;
        Assert.Contains("is an answer left within the 2 tokens", Refusal(() => Fit([.. InstructionRow.Rows(3).Select(row => new InstructionRow { Prompt = "a very long prompt of many words", Completion = row.Completion })], few)), StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_ConversationsWithoutAnswers_NamesRowAndCure()
    {
        FineTuneInstructionsOptions options = Options(epochs: 1);
        options.JsonColumnName = "Json";
        options.Instructions.ChatTemplate = Template;

        string Told(string second) => Refusal(() => _ml.Transforms.Text.FineTuneInstructionsWithDispersion(options).Fit(_ml.Data.LoadFromEnumerable(new[] { InstructionRow.Rows(1)[0].Json(), second }.Select(json => new JsonRow { Json = json }))).Dispose());

        Assert.Contains("Row 1 (from 0): the conversation, or its completion, has no message", Told("""{"messages": []}"""), StringComparison.Ordinal);
        Assert.Contains("Row 1 (from 0): no turn is the assistant's", Told("""{"messages": [{"role": "user", "content": "cat"}]}"""), StringComparison.Ordinal);
        Assert.Contains("Row 1 (from 0) of column 'Json': Nothing is known of id", Told("""{"id": 7, "messages": [{"role": "user", "content": "cat"}, {"role": "assistant", "content": "red"}]}"""), StringComparison.Ordinal);
        Assert.Contains("Row 1 (from 0) of column 'Json'", Told("no json"), StringComparison.Ordinal);
        options.Instructions.ChatTemplate = null;
        Assert.Contains("has no chat template", Told("{}".Replace("{}", InstructionRow.Rows(1)[0].Json(), StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_LongConversations_AreCountedInTheLog()
    {
        var log = new LogRecorder(_ml);
        List<InstructionRow> rows = InstructionRow.Rows(6);
        rows[1].Completion = string.Join(' ', Enumerable.Repeat("horse", 60));
        rows[3].Prompt = string.Join(' ', Enumerable.Repeat("horse", 60));
        Fit(rows, Options(epochs: 1));
        Assert.Contains(log.Warnings, line => line.StartsWith("2 rows have more tokens", StringComparison.Ordinal));
        Assert.Contains(log.Warnings, line => line.Contains("nothing of their answers was left: 3 (from 0)", StringComparison.Ordinal));
    }

    [Fact]
    public void Fit_OtherColumns_AreNamed()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(InstructionRow.Rows(3));
        Assert.Contains("Could not find prompt column 'Question'", Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.Text.FineTuneInstructionsWithDispersion("Question", "Completion", epochs: 1, backbone: TinyBackbone.Backbone).Fit(data)).Message, StringComparison.Ordinal);
        Assert.Contains("expected String", Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.Text.FineTuneInstructionsWithDispersion("Prompt", "Weight", epochs: 1, backbone: TinyBackbone.Backbone).Fit(data)).Message, StringComparison.Ordinal);
        Assert.Contains("both called", Assert.Throws<ArgumentException>(() => _ml.Transforms.Text.FineTuneInstructionsWithDispersion("Prompt", "Prompt", epochs: 1)).Message, StringComparison.Ordinal);
        Assert.Contains("Could not find rejected answer column", Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.Text.FineTunePreferencesWithDispersion("Prompt", "Completion", "Worse", epochs: 1).Fit(data)).Message, StringComparison.Ordinal);
        Assert.Contains("belong together", Assert.Throws<ArgumentException>(() => _ml.Transforms.Text.FineTuneInstructionsWithDispersion(new FineTuneInstructionsOptions { RolesColumnName = "Roles" })).Message, StringComparison.Ordinal);
        Assert.Contains("encoder", Refusal(() => Fit(InstructionRow.Rows(3), new FineTuneInstructionsOptions { Backbone = TinyBert.Backbone, Training = Tuning.Brief() })), StringComparison.Ordinal);
    }

    private static FineTuneInstructionsOptions Options(int epochs)
    {
        var options = new FineTuneInstructionsOptions { Backbone = TinyBackbone.Backbone, Training = Tuning.Options(epochs), Generation = { MaxNewTokens = 6 } };
        options.Training.Seed = 3;
        return options;
    }

    private static string Refusal(Action act) => Assert.ThrowsAny<ArgumentException>(act).Message;

    private static IEnumerable<(string, float, int, int)> Lines(List<AnswerRow> rows) => rows.Select(row => (row.Answer, row.LogLikelihood, row.TokenCount, row.RightTokenCount));

    private void Fit(List<InstructionRow> rows, FineTuneInstructionsOptions options) => _ml.Transforms.Text.FineTuneInstructionsWithDispersion(options).Fit(_ml.Data.LoadFromEnumerable(rows)).Dispose();

    private double[] Losses(List<InstructionRow> rows, FineTuneInstructionsOptions options)
    {
        using var model = _ml.Transforms.Text.FineTuneInstructionsWithDispersion(options).Fit(_ml.Data.LoadFromEnumerable(rows));
        return [.. model.TrainingResult!.History.Select(step => step.TaskLoss)];
    }

    private List<AnswerRow> Answers(ITransformer model, List<InstructionRow> rows) => Read(model.Transform(_ml.Data.LoadFromEnumerable(rows)));

    private List<AnswerRow> Read(IDataView data) => [.. _ml.Data.CreateEnumerable<AnswerRow>(data, reuseRowObject: false, ignoreMissingColumns: true)];
}
