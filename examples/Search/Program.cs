using Microsoft.ML;
using MLNet.Dispersion;
using MLNet.Dispersion.Examples.QuickStart;
using MLNet.Dispersion.Examples.Search;
using Spectre.Console;

AnsiConsole.WriteLine(TorchRuntime.Describe());
int trials = args is [var count] ? int.Parse(count, System.Globalization.CultureInfo.InvariantCulture) : 40;

// 1. The tickets of the quick start: a fifth of them to confirm on what the search finds, a fifth of the rest to compare trials on.
var ml = new MLContext(seed: 1);
IDataView data = ml.Data.LoadFromTextFile<Ticket>(Path.Combine(AppContext.BaseDirectory, "tickets.tsv"), hasHeader: true);
IDataView keyed = ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
DataOperationsCatalog.TrainTestData parts = ml.Data.TrainTestSplit(keyed, testFraction: 0.2, seed: 1);

// 2. Search: accuracy first, condensation as well. The study lies in a file, so an interrupted search goes on where it was.
//    All trials have the same number of epochs, so that they can be compared on the way and the worse ones stopped. At the end the best
//    options are trained anew, with dispersion and without, from five new seeds, and judged on tickets that the search never saw.
var space = DispersionSearchSpace.Default.Without(DispersionSearchSpace.Variant).Without(DispersionSearchSpace.Epochs);
DispersionSearch search = ml.Dispersion().CreateSearch()
    .SetOptions(new() { Epochs = 5, GeometryProbe = null })
    .SetDataset(parts.TrainSet, validationFraction: 0.2)
    .SetPipeline(trial => ml.MulticlassClassification.Trainers.FineTuneWithDispersion(options: trial.Options))
    .SetSearchSpace(space)
    .SetMetric(SearchMetric.Of(MulticlassMetric.MicroAccuracy), SearchMetric.Condensation())
    .SetPruner(new AshaPruner(minimumSteps: 2, reductionFactor: 2))
    .SetStorage("search.db")
    .SetConfirmation(parts.TestSet, seeds: 5)
    .SetMaxTrials(trials);
using SearchResult result = LiveTrials.Show(space, monitor => search.SetMonitor(monitor).Run());

// 3. What came of it.
AnsiConsole.WriteLine();
AnsiConsole.MarkupLineInterpolated($"[bold]{result.Dispersion.ToString()}[/]");
AnsiConsole.Write(LiveTrials.Importance(result));
result.WriteHtml("search.html", "Tickets: which options are best?");
result.ToPictures()[0].SavePng("search.png");
result.ToPictures()[1].SavePng("search-front.png");
AnsiConsole.MarkupLineInterpolated($"Best trial: {result.Best!.Number}. Page, pictures and study: {Path.GetFullPath("search.html")}, search.png, search-front.png, search.db (delete it to search anew)");
