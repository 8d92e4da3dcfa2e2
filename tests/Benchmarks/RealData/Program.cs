using System.CommandLine;
using MLNet.Dispersion;
using MLNet.Dispersion.Benchmarks.RealData;

var data = new Option<DirectoryInfo>("--data") { Description = "Folder with sst2, trec6 and agnews.", Required = true };
var rows = new Option<int>("--rows") { Description = "Training rows of each run.", DefaultValueFactory = _ => 1000 };
var testRows = new Option<int>("--test-rows") { Description = "Test rows.", DefaultValueFactory = _ => 1000 };
var seeds = new Option<int>("--seeds") { Description = "Runs of each contender.", DefaultValueFactory = _ => 3 };
var epochs = new Option<int>("--epochs") { Description = "Epochs of fine-tuning.", DefaultValueFactory = _ => 3 };
var model = new Option<DirectoryInfo?>("--model") { Description = "A checkpoint directory in place of TinyEnglish." };
var root = new RootCommand("Accuracy of the tuned backbone against a majority class and a bag of words, on real labelled sets.") { data, rows, testRows, seeds, epochs, model };
root.SetAction(arguments =>
{
    ModelSource backbone = arguments.GetValue(model) is { } directory ? ModelSource.FromDirectory(directory.FullName) : ModelSource.TinyEnglish;
    Contender[] contenders =
    [
        Contender.BagOfWords,
        Contender.FineTuned(backbone, 0, arguments.GetValue(epochs)),
        Contender.FineTuned(backbone, 0.1, arguments.GetValue(epochs)),
    ];
    var table = new AccuracyTable(contenders);
    foreach (DataSet set in DataSet.In(arguments.GetValue(data)!.FullName))
    {
        table.Measure(set, arguments.GetValue(rows), arguments.GetValue(testRows), arguments.GetValue(seeds));
    }

    Console.WriteLine(table.ToMarkdown());
});
return root.Parse(args).Invoke();
