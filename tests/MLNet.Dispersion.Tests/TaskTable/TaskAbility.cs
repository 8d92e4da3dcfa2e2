using System.Globalization;
using Microsoft.ML;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.TaskTable;

/// <summary>Something that every task can do, and how that is seen.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Check">Fails where the task cannot.</param>
internal sealed record TaskAbility(string Name, Action<FittedTasks, TaskCase> Check)
{
    // So little that nothing is learnt: what comes out is what training began with.
    private const double Standstill = 1e-12;

    /// <summary>Whether the ability is of no meaning to the task, which then must say so.</summary>
    internal Func<TaskCase, bool> IsRefused { get; init; } = _ => false;

    internal static IReadOnlyList<TaskAbility> All { get; } =
    [
        new("fit", (tasks, task) =>
        {
            FittedTask fitted = tasks[task];
            Assert.InRange(((FineTuneResult)((dynamic)fitted.Model).TrainingResult).Steps, 1, 2);
            Assert.True(fitted.Model.GetOutputSchema(fitted.Data.Schema).Count > fitted.Data.Schema.Count);
        }),
        new("evaluate", (tasks, task) => Assert.True(double.IsFinite(task.Evaluate(tasks[task].Ml, tasks[task].Model.Transform(tasks[task].Data))))),
        new("cross-validate", (tasks, task) =>
        {
            (ITransformer Model, double Figure)[] folds = [.. task.CrossValidate(tasks[task].Ml, task.Rows(tasks[task].Ml, 24, 1), tasks[task].Estimator())];
            Assert.Equal(2, folds.Length);
            Assert.All(folds, fold => Assert.True(double.IsFinite(fold.Figure)));
            Array.ForEach(folds, fold => ((IDisposable)fold.Model).Dispose());
        }),
        new("save and load", (tasks, task) => Assert.Equal(tasks[task].Lines(tasks[task].Model), Reloaded(tasks[task], tasks[task].Model))),
        new("load in a fresh process", (tasks, task) => Assert.Equal(tasks[task].Lines(tasks[task].Model), tasks.Fresh(task))),
        new("prediction engine", (tasks, task) =>
        {
            string[] lines = tasks[task].Lines(tasks[task].Model);
            AssertNear(lines[..FittedTask.Texts.Length], lines[FittedTask.Texts.Length..]);
        }),
        new("dispersion and geometry probe", (tasks, task) =>
        {
            using var fitted = (IDisposable)tasks[task].Estimator(options => options.Dispersion.Coefficient = 0.5).Fit(tasks[task].Data);
            FineTuneResult result = ((dynamic)fitted).TrainingResult;
            Assert.All(result.History, step => Assert.NotNull(step.Dispersion));
            Assert.Equal([0, result.Steps], ((IReadOnlyList<GeometrySnapshot>)((dynamic)fitted).GeometryHistory).Select(snapshot => snapshot.Step));
        }),
        new("LoRA", (tasks, task) =>
        {
            ITransformer fitted = tasks[task].Estimator(options => options.Lora = new LoraOptions { Rank = 2 }).Fit(tasks[task].Data);
            using var owned = (IDisposable)fitted;
            Assert.Equal(2, ((PretrainedLanguageModel)((dynamic)fitted).LanguageModel).Adapter!.Rank);
            Assert.Equal(tasks[task].Lines(fitted), Reloaded(tasks[task], fitted));
        }),
        new("decoder", (tasks, task) => AssertScores(tasks[task], tasks[task].Estimator(backbone: BackboneKinds.Of("llama")))),
        new("encoder", (tasks, task) => AssertScores(tasks[task], tasks[task].Estimator(backbone: TinyBert.Backbone))) { IsRefused = task => task.Writes },
        new("embedded", (tasks, task) => AssertScores(tasks[task], tasks[task].Estimator(embedded: true))),
        new("validation set, metric of your own", (tasks, task) =>
        {
            FittedTask fitted = tasks[task];
            IDataView held = task.Rows(fitted.Ml, 8, 2);
            int asked = 0;
            double Metric(IDataView scored)
            {
                Assert.True(double.IsFinite(task.Evaluate(fitted.Ml, scored)));
                return -asked++;
            }

            var estimator = fitted.Estimator(options => (options.Epochs, options.MaxSteps, options.EarlyStoppingPatience) = (9, null, 2));
            using var model = (IDisposable)((dynamic)estimator).Fit(fitted.Data, held, (Func<IDataView, double>)Metric);
            FineTuneResult result = ((dynamic)model).TrainingResult;
            Assert.Equal((FineTuneStopReason.EarlyStopped, (int?)1, 3), (result.StopReason, result.BestEpoch, asked));
            Assert.Equal([0, -1, -2], result.History.Where(step => step.ValidationFigures.Count > 0).Select(step => step.ValidationFigures[TrainingFigures.OwnMetric]));
        }),
        new("go on from a model, from a zip", (tasks, task) =>
        {
            FittedTask fitted = tasks[task];
            string[] lines = fitted.Lines(fitted.Model);
            var estimator = fitted.Estimator(options => options.LearningRate = Standstill);
            using (var further = (IDisposable)((dynamic)estimator).Fit(fitted.Data, (dynamic)fitted.Model))
            {
                AssertNear(lines, fitted.Lines((ITransformer)further));
            }

            using var zip = new TemporaryFile();
            fitted.Save(fitted.Model, zip.Path);
            ITransformer again = fitted.Estimator(options => (options.LearningRate, options.HeadStart) = (Standstill, task.Writes ? HeadStart.Linear : HeadStart.Pretrained), ModelSource.FromModelZip(zip.Path)).Fit(fitted.Data);
            using var owned = (IDisposable)again;
            AssertNear(lines, fitted.Lines(again));
        }),
        new("data larger than memory", (tasks, task) =>
        {
            // With all that reads rows in training: those to learn from, a validation set, a metric; and a head to go on from.
            FittedTask fitted = tasks[task];
            IDataView held = task.Rows(fitted.Ml, 8, 2);
            Assert.Equal(Figures(long.MaxValue), Figures(0));

            IEnumerable<(double, double, double?, double)> Figures(long memory)
            {
                var estimator = fitted.Estimator(options => options.DataMemoryBytes = memory);
                using var model = (IDisposable)((dynamic)estimator).Fit(fitted.Data, (dynamic)fitted.Model, held, (Func<IDataView, double>)(scored => task.Evaluate(fitted.Ml, scored)));
                FineTuneResult result = ((dynamic)model).TrainingResult;
                return [.. result.History.Select(step => (step.TaskLoss, step.GradientNorm, step.ValidationLoss, step.ValidationFigures.GetValueOrDefault(TrainingFigures.OwnMetric)))];
            }
        }),
    ];

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static string[] Reloaded(FittedTask task, ITransformer model)
    {
        using var zip = new TemporaryFile();
        task.Save(model, zip.Path);
        var other = new MLContext(seed: 2);
        ITransformer loaded = other.Model.Load(zip.Path, out _);
        using var owned = (IDisposable)loaded;
        return FreshProcessLoad.Scoring.Lines(other, loaded, FittedTask.Texts, task.Case.Kind);
    }

    private static void AssertScores(FittedTask task, IEstimator<ITransformer> estimator)
    {
        ITransformer model = estimator.Fit(task.Data);
        using var owned = (IDisposable)model;
        Assert.True(double.IsFinite(task.Case.Evaluate(task.Ml, model.Transform(task.Data))));
        Assert.Equal(2 * FittedTask.Texts.Length, task.Lines(model).Length);
    }

    /// <summary>Words must be the same, numbers nearly: passes of other sizes round otherwise.</summary>
    private static void AssertNear(string[] expected, string[] actual) => Assert.Equal(expected.SelectMany(Words), actual.SelectMany(Words), (a, b) => a == b
        || (double.TryParse(a, CultureInfo.InvariantCulture, out double first) && double.TryParse(b, CultureInfo.InvariantCulture, out double second) && Math.Abs(first - second) < 1e-3 * Math.Max(1, Math.Abs(first))));

    private static string[] Words(string line) => line.Split(' ');
}
