using System.CommandLine;
using MLNet.Dispersion.Benchmarks.SentencePairs;

var model = new Option<DirectoryInfo>("--model") { Description = "A checkpoint directory.", Required = true };
var data = new Option<DirectoryInfo>("--data") { Description = "The folder of the data.", Required = true };
var seeds = new Option<int>("--seeds") { Description = "Trainings, with the seeds 1, 2, ….", DefaultValueFactory = _ => 3 };
var epochs = new Option<int?>("--epochs") { Description = "Passes over the pairs. Default: the library's." };
var rate = new Option<double?>("--rate") { Description = "The peak learning rate of training on pairs. Default: the library's." };
var loss = new Option<MLNet.Dispersion.EmbeddingLoss>("--loss") { Description = "The loss of scored pairs.", DefaultValueFactory = _ => MLNet.Dispersion.EmbeddingLoss.CoSent };
var perClass = new Option<int>("--per-class") { Description = "Training rows a class.", DefaultValueFactory = _ => 8 };
var test = new Option<int>("--test") { Description = "The most test rows.", DefaultValueFactory = _ => 400 };
var similarity = new Command("similarity", "Spearman's rho of cosines on dev.tsv of STS-B, before and after training on train.tsv.") { model, data, seeds, epochs, rate, loss };
similarity.SetAction(arguments => Similarity.Run(
    arguments.GetValue(model)!.FullName, arguments.GetValue(data)!.FullName, arguments.GetValue(seeds), arguments.GetValue(epochs), arguments.GetValue(rate), arguments.GetValue(loss)));
var few = new Command("few", "Accuracy on a classification set with few rows a class: a linear head on frozen embeddings, the same after contrastive training on pairs made of the labels, and fine-tuning.") { model, data, seeds, epochs, rate, perClass, test };
few.SetAction(arguments => FewRows.Run(
    arguments.GetValue(model)!.FullName, arguments.GetValue(data)!.FullName, arguments.GetValue(seeds), arguments.GetValue(epochs), arguments.GetValue(rate), arguments.GetValue(perClass), arguments.GetValue(test)));
return new RootCommand("What training on pairs of sentences is worth.") { similarity, few }.Parse(args).Invoke();
