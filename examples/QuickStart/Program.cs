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
    .FineTuneWithDispersion(ml, backbone: ModelSource.TinyEnglish, options: new() { Epochs = 3, Dispersion = { Coefficient = 0.1 } })
    .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

// 2. Does the dispersion loss help here? The pipeline is trained with it and without it, from five seeds each; everything else is equal.
//    On half of the training tickets, so that the ten trainings end within a few minutes: what is said holds for that many.
IDataView fewer = ml.Data.TakeRows(split.TrainSet, 240);
ComparisonResult result = TrainingBar.Run(bar => ml.Dispersion().Compare(pipeline, fewer, split.TestSet, new() { Seeds = 5, Progress = bar }));
AnsiConsole.Write(Report.Comparison(result));
result.ToPictures()[0].SavePng("comparison.png");
result.ToPictures()[1].SavePng("cosines.png");
result.WriteHtml("comparison.html", "Tickets, with the dispersion loss and without");
AnsiConsole.MarkupLineInterpolated($"Drawn to {Path.GetFullPath("comparison.png")} and cosines.png, written to comparison.html");

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
