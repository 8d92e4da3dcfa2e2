using Microsoft.ML;
using MLNet.Dispersion;
using MLNet.Dispersion.Examples.QuickStart;
using Spectre.Console;

AnsiConsole.WriteLine(TorchRuntime.Describe());

// 1. Read labelled text, and say how to learn from it.
var ml = new MLContext(seed: 1);
IDataView data = ml.Data.LoadFromTextFile<Ticket>(Path.Combine(AppContext.BaseDirectory, "tickets.tsv"), hasHeader: true);
var split = ml.Data.TrainTestSplit(data, testFraction: 0.2);
var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
    .FineTuneWithDispersion(ml, options: new() { LabelSmoothing = 0.1, Dispersion = { Coefficient = 1 } })
    .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

// 2. Does the dispersion loss help where there are few rows? Ten seeds each with it, without it, and with what else could be done instead; everything else is equal but the epochs where a way says so.
IDataView few = ml.Data.TakeRows(split.TrainSet, 60);
// Training twice as long stands beside them: it is what goes wrong most easily with few rows.
string[] arms = ["bag of words", Trials.Plain, Trials.Long, Trials.LongDispersion, Trials.LongSmoothing, "label smoothing", "dispersion"];
var trials = new Trials(few, split.TestSet, arms);

// So small a network gains little from a second thread: the trainings run side by side instead, one thread each.
TorchSharp.torch.set_num_threads(1);
AnsiConsole.Progress().Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(), new RemainingTimeColumn()).Start(bar =>
{
    ProgressTask task = bar.AddTask("training", maxValue: arms.Length * Trials.Seeds);
    Parallel.ForEach(from seed in Enumerable.Range(1, Trials.Seeds) from arm in arms select (seed, arm), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, run =>
    {
        trials.Run(run.arm, run.seed);
        task.Increment(1);
    });
});
TorchSharp.torch.set_num_threads(Environment.ProcessorCount);
AnsiConsole.Write(Report.Arms(trials));
AnsiConsole.Write(Report.Differences(trials, arms[2..]));
Report.Cosines(trials).SavePng("cosines.png");
AnsiConsole.MarkupLineInterpolated($"Drawn to {Path.GetFullPath("cosines.png")}");

// 3. Train on all training tickets, save, load in a fresh context, serve.
ITransformer model = pipeline.Fit(split.TrainSet);
ml.Dispersion().SaveModel(model, data.Schema, "model.zip");
(model as IDisposable)?.Dispose();
var fresh = new MLContext();
using var engine = fresh.Model.CreatePredictionEngine<Ticket, TicketPrediction>(fresh.Model.Load("model.zip", out _));
string[] tickets =
[
    "I was charged twice for March, please refund one of the payments.",
    "The app crashes every time I open the camera tab.",
    "How do I set the lights to go off at midnight?",
    "My parcel has been sitting in the depot for nine days.",
];
AnsiConsole.Write(Report.Predictions(tickets.Select(text => (text, engine.Predict(new Ticket { Text = text })))));
