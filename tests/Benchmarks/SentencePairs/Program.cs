using System.CommandLine;
using MLNet.Dispersion;
using MLNet.Dispersion.Benchmarks;
using MLNet.Dispersion.Benchmarks.SentencePairs;

var model = new Option<DirectoryInfo?>("--model") { Description = "A checkpoint directory in place of TinySentences." };
var data = new Option<DirectoryInfo>("--data") { Description = "The folder of the data.", Required = true };
var results = new Option<FileInfo?>("--results") { Description = "JSON lines that runs are appended to; runs that stand there are not done again." };
var seeds = new Option<int>("--seeds") { Description = "Trainings, with the seeds 1, 2, ….", DefaultValueFactory = _ => 3 };
var epochs = new Option<int?>("--epochs") { Description = "Passes over the pairs. Default: the library's." };
var rate = new Option<double?>("--rate") { Description = "The peak learning rate of training on pairs. Default: the library's." };
var loss = new Option<EmbeddingLoss>("--loss") { Description = "The loss of scored pairs.", DefaultValueFactory = _ => EmbeddingLoss.CoSent };
var rows = new Option<int?>("--rows") { Description = "Pairs to train on, drawn anew for each seed. Default: all." };
var perClass = new Option<int>("--per-class") { Description = "Training rows a class.", DefaultValueFactory = _ => 8 };
var test = new Option<int>("--test") { Description = "The most test rows.", DefaultValueFactory = _ => 400 };
var similarity = new Command("similarity", "Spearman's rho of cosines on dev.tsv of STS-B, before and after training on train.tsv.") { model, data, results, seeds, epochs, rate, loss, rows };
similarity.SetAction(arguments => Similarity.Run(
    Source(arguments), arguments.GetValue(data)!.FullName, Lines(arguments), arguments.GetValue(seeds), arguments.GetValue(epochs), arguments.GetValue(rate), arguments.GetValue(loss), arguments.GetValue(rows)));
var few = new Command("few", "Accuracy on a classification set with few rows a class: a linear head on frozen embeddings, the same after contrastive training on pairs made of the labels, and fine-tuning.") { model, data, results, seeds, epochs, rate, perClass, test };
few.SetAction(arguments => FewRows.Run(
    Source(arguments), arguments.GetValue(data)!.FullName, Lines(arguments), arguments.GetValue(seeds), arguments.GetValue(epochs), arguments.GetValue(rate), arguments.GetValue(perClass), arguments.GetValue(test)));
return new RootCommand("What training on pairs of sentences is worth.") { similarity, few }.Parse(args).Invoke();

ModelSource Source(ParseResult arguments) => arguments.GetValue(model) is { } directory ? ModelSource.FromDirectory(directory.FullName) : ModelSource.TinySentences;

RunLines Lines(ParseResult arguments) => new(arguments.GetValue(results)?.FullName);
