using Microsoft.ML;
using MLNet.Dispersion;
using MLNet.Dispersion.Examples.QuickStart;
using Spectre.Console;

AnsiConsole.WriteLine(TorchRuntime.Describe());

// 1. Read labelled text.
var ml = new MLContext(seed: 1);
IDataView data = ml.Data.LoadFromTextFile<Ticket>(Path.Combine(AppContext.BaseDirectory, "tickets.tsv"), hasHeader: true);
var split = ml.Data.TrainTestSplit(data, testFraction: 0.2);
string[] testTexts = [.. ml.Data.CreateEnumerable<Ticket>(split.TestSet, reuseRowObject: false).Select(ticket => ticket.Text)];

// 2. Fine-tune twice: plain, then with the dispersion loss. Everything else is equal. How condensed the backbone is on forty of the
//    test texts is followed on the way, from before the first step.
Outcome plain = Tune("plain     ", coefficient: 0);
Outcome dispersed = Tune("dispersion", coefficient: 0.1);
AnsiConsole.Write(Report.Comparison(plain, dispersed));
CondensationPlots.Dynamics([("plain", plain.Geometry), ("with dispersion", dispersed.Geometry)]).SavePng("geometry.png");
AnsiConsole.MarkupLineInterpolated($"Drawn to {Path.GetFullPath("geometry.png")}");

// 3. Save, load in a fresh context, serve.
ml.Model.Save(dispersed.Model, data.Schema, "model.zip");
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

(plain.Model as IDisposable)?.Dispose();
(dispersed.Model as IDisposable)?.Dispose();

Outcome Tune(string title, double coefficient) => TrainingBar.Run(title, bar =>
{
    var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
        .FineTuneWithDispersion(ml, backbone: ModelSource.TinyEnglish, options: new()
        {
            Epochs = 3,
            Dispersion = { Coefficient = coefficient },
            GeometryProbe = new() { Texts = testTexts, MaxTexts = 40, EverySteps = 9 },
            Progress = bar,
        })
        .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
    ITransformer model = pipeline.Fit(split.TrainSet);
    var metrics = ml.MulticlassClassification.Evaluate(model.Transform(split.TestSet));
    var tuned = ((IEnumerable<ITransformer>)model).OfType<FineTuneWithDispersionTransformer>().Single();
    return new Outcome(model, metrics, tuned.GeometryHistory);
});
